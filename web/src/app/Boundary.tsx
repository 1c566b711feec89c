import { Component, type ErrorInfo, type ReactNode } from "react";
import { Button } from "@/components/ui/Button";
import { say } from "@/lib/i18n/i18n";

/** Shows what can be done when rendering fails, instead of an empty page. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo) {
    console.error(error, info.componentStack);
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="mx-auto flex min-h-dvh max-w-md flex-col items-center justify-center gap-3 p-6 text-center" role="alert">
        <h1 className="text-lg font-semibold">{say("crash.title")}</h1>
        <p className="text-muted">{say("crash.text")}</p>
        <Button kind="primary" onClick={() => location.reload()}>
          {say("crash.reload")}
        </Button>
      </main>
    );
  }
}
