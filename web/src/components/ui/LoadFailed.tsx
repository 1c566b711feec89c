import { useTranslation } from "@/lib/i18n/i18n";
import { explain } from "@/lib/i18n/problems";
import { Button } from "./Button";
import { Notice } from "./Notice";

interface Props {
  /** What is missing now, as a sentence. */
  what: string;
  error: unknown;
  retry: () => void;
  /** Another try is on its way. */
  busy: boolean;
  className?: string;
}

/** In the place of what could not be read: that it is missing, why, and another try. */
export function LoadFailed({ what, error, retry, busy, className }: Props) {
  const { t } = useTranslation();
  return (
    <Notice
      kind="warning"
      {...(className === undefined ? {} : { className })}
      actions={<Button size="small" aria-disabled={busy} onClick={() => !busy && retry()}>{t(busy ? "common:loading" : "common:retry")}</Button>}
    >
      <span role="alert">{explain(what, error, t)}</span>
    </Notice>
  );
}
