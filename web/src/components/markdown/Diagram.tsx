import { useEffect, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { IconButton } from "@/components/ui/Button";
import { useMediaQuery } from "@/lib/media";
import { usePreferences } from "@/lib/preferences";
import { CodeBlock } from "./CodeBlock";
import { CopyButton } from "./CopyButton";
import { drawDiagram, drawnDiagram, type Drawing } from "./diagram-frame";

/** A diagram that is wider than its place is drawn smaller, down to this; what is still too wide scrolls. */
const smallest = 0.6;

type State = { source: string; dark: boolean } & ({ drawing: Drawing } | { reason: string });

/** A Mermaid diagram as an image, or its source: while it is drawn, when it is none, or when asked for. */
export function Diagram({ source }: { source: string }) {
  const { t } = useTranslation("markdown");
  const { theme } = usePreferences();
  const prefersDark = useMediaQuery("(prefers-color-scheme: dark)");
  const dark = theme === "dark" || (theme === "system" && prefersDark);
  const [state, setState] = useState<State | null>(() => {
    const drawing = drawnDiagram(source, dark);
    return drawing ? { source, dark, drawing } : null;
  });
  const [asCode, setAsCode] = useState(false);

  // Asked for anew when it comes back from its code: it may have been forgotten meanwhile.
  useEffect(() => {
    let wanted = true;
    drawDiagram(source, dark).then(
      (drawing) => wanted && setState({ source, dark, drawing }),
      (error: unknown) => wanted && setState({ source, dark, reason: error instanceof Error ? error.message : "" }),
    );
    return () => {
      wanted = false;
    };
  }, [source, dark, asCode]);

  const current = state?.source === source ? state : null;
  if (!current || !("drawing" in current) || asCode) {
    const back = current && "drawing" in current && (
      <IconButton icon="left" size="small" label={t("showDiagram")} onClick={() => setAsCode(false)} />
    );
    return (
      <>
        <CodeBlock code={source} language="mermaid" open={false} actions={back} />
        {current && "reason" in current && (
          <p className="md-note" role="note">
            {t("diagramFailed", { reason: current.reason.split("\n")[0] })}
          </p>
        )}
      </>
    );
  }
  const { url, width, height } = current.drawing;
  return (
    <figure className="md-diagram md-wide" data-dark={current.dark}>
      <div className="md-scroll" tabIndex={0} role="group" aria-label={t("diagram")}>
        <img src={url} alt={t("diagramOf", { source })} decoding="sync" width={Math.round(width)} height={Math.round(height)} style={{ width: `min(${Math.round(width)}px, max(100%, ${Math.round(width * smallest)}px))` }} />
      </div>
      <div className="md-tools">
        <IconButton icon="code" size="small" label={t("showCode")} onClick={() => setAsCode(true)} />
        <CopyButton label={t("copyCode")} text={() => source} />
      </div>
    </figure>
  );
}
