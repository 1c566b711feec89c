import { useEffect, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { useConnection, useLive } from "@/lib/events/live";
import { lineOf } from "./line";

/** One calm line while the connection is bad. It goes by itself. */
export function ConnectionLine() {
  const { t } = useTranslation("connection");
  const live = useLive();
  const connection = useConnection();
  const bad = connection.state !== "online";
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!bad) return;
    const tick = () => setNow(Date.now());
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [bad]);

  const line = lineOf(connection, now);
  if (!line) return null;
  return (
    // Over the page, not in it: what is being read stays where it is.
    <div className="absolute inset-x-0 top-12 z-10 flex min-h-9 flex-wrap items-center justify-center gap-x-3 border-y border-line bg-side px-4 text-sm text-muted">
      <span role="status">
        {t("lost")} <span className="max-md:sr-only">{t("kept")}</span>
      </span>
      {line.kind === "connecting" ? (
        <span>{t("connecting")}</span>
      ) : (
        <>
          <span aria-hidden="true" className="tabular-nums">
            {t("waiting", { count: line.seconds })}
          </span>
          <button type="button" className="min-h-8 font-medium text-text underline underline-offset-4" onClick={() => live.retry()}>
            {t("now")}
          </button>
        </>
      )}
    </div>
  );
}
