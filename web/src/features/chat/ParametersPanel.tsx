import { useEffect, useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { LimitedSettings, type Typed } from "@/components/ui/LimitedSettings";
import { Range } from "@/components/ui/Range";
import type { ThreadSettings } from "@/lib/api/types";

const defaults = { temperature: 0.7, top_p: 1 };
/** After the last change of a slider or a text, before it is saved. */
const settled = 500;

interface Props {
  settings: ThreadSettings;
  onChange: (settings: ThreadSettings) => void;
  /** Outlives the panel: what cannot be saved is not lost when it closes. */
  typed: Typed;
  onTyped: (typed: Typed) => void;
}

/** How the model is asked in this thread. What is not set is not sent. */
export function ParametersPanel({ settings, onChange, typed, onTyped }: Props) {
  const { t } = useTranslation("chat");
  const [edited, setEdited] = useState<ThreadSettings | null>(null);
  const shown = edited ?? settings;
  useEffect(() => {
    if (!edited) return;
    const timer = setTimeout(() => {
      onChange(edited);
      setEdited(null);
    }, settled);
    return () => clearTimeout(timer);
  }, [edited, onChange]);

  // What is not saved when the panel goes, or the person turns to the message to send, is saved then.
  const flush = () => {
    if (!edited) return;
    onChange(edited);
    setEdited(null);
  };
  const last = useRef(() => undefined as void);
  useEffect(() => {
    last.current = () => edited && onChange(edited);
  }, [edited, onChange]);
  useEffect(() => () => last.current(), []);

  const set = <K extends keyof ThreadSettings>(name: K, value: ThreadSettings[K] | undefined) => {
    const { [name]: _, ...rest } = shown;
    setEdited(value === undefined ? rest : { ...rest, [name]: value });
  };
  const reset = () => {
    onTyped({});
    setEdited({ ...(shown.model === undefined ? {} : { model: shown.model }), ...defaults });
  };
  return (
    <div className="flex flex-col gap-5 px-5 py-3" onBlur={flush}>
      <Range label={t("temperature")} hint={t("temperatureHint")} step={0.1} resting={defaults.temperature} value={shown.temperature} onChange={(value) => set("temperature", value)} />
      <Range label={t("topP")} hint={t("topPHint")} step={0.05} resting={defaults.top_p} value={shown.top_p} onChange={(value) => set("top_p", value)} />
      <LimitedSettings t={t} placeholder={t("unlimited")} rows={6} settings={shown} typed={typed} onTyped={onTyped} onChange={(name, value) => set(name, value === null ? settings[name] : value)} />
      <Button onClick={reset}>{t("resetParameters")}</Button>
    </div>
  );
}
