import { Component, lazy, useState, type ComponentType, type ErrorInfo, type ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "./Button";
import { Notice } from "./Notice";

/** Milliseconds before code that did not come is asked for once more. */
const pause = 1_000;

interface Options<P> {
  /** What stands in the place of the part when it fails; nothing, unless it says otherwise. `again` tries once more. */
  missing?: (again: () => void, props: P) => ReactNode;
}

/**
 * A part of the page whose code is loaded when it is shown. When the code does not come, as without a network or after an
 * upgrade, or the part breaks, the rest of the page goes on.
 */
export function later<P extends object>(load: () => Promise<ComponentType<P>>, { missing = () => null }: Options<P> = {}): ComponentType<P> {
  const begin = () => lazy(async () => ({ default: await load().catch(() => once(load)) }) as { default: ComponentType<object> });
  let loaded = begin();
  // A failed import stays failed in `lazy`: whoever is shown next begins anew.
  const forget = () => {
    loaded = begin();
  };
  return function Later(props: P) {
    const [round, setRound] = useState(0);
    const Loaded = loaded as unknown as ComponentType<P>;
    return (
      <Part key={round} missing={() => missing(() => setRound(round + 1), props)} onFailed={forget}>
        <Loaded {...props} />
      </Part>
    );
  };
}

async function once<T>(load: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, pause));
  return load();
}

class Part extends Component<{ missing: () => ReactNode; onFailed: () => void; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo) {
    console.error(error, info.componentStack);
    this.props.onFailed();
  }

  override render() {
    return this.state.failed ? this.props.missing() : this.props.children;
  }
}

/** A line in the place of what did not come. */
export function Missing({ again }: { again: () => void }) {
  const { t } = useTranslation();
  return (
    <Notice kind="warning" className="m-4" actions={<Button size="small" onClick={again}>{t("retry")}</Button>}>
      <span role="alert">{t("missing")}</span>
    </Notice>
  );
}
