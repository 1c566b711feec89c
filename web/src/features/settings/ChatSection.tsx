import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { Field, Select } from "@/components/ui/Field";
import { LimitedSettings, type Typed } from "@/components/ui/LimitedSettings";
import { Range } from "@/components/ui/Range";
import { modelsQuery } from "@/lib/api/queries";
import type { ThreadSettings } from "@/lib/api/types";
import { chatDefaults, setChatDefaults } from "@/lib/chatDefaults";
import { shortcutLabel } from "@/lib/commands";
import { byName } from "@/lib/natural";
import { setPreference, usePreferences } from "@/lib/preferences";
import { Choice, Group } from "./parts";

export function ChatSection() {
  const { t } = useTranslation("settings");
  const { send } = usePreferences();
  return (
    <>
      <Group title={t("sending")} hint={t("thisBrowser")}>
        <Choice
          label={t("sendKey")}
          hint={t(send === "enter" ? "sendHint.enter" : "sendHint.mod")}
          value={send}
          options={[["enter", "Enter"], ["mod-enter", shortcutLabel("Mod+Enter")]]}
          onChange={(value) => setPreference("send", value)}
        />
      </Group>
      <Defaults />
    </>
  );
}

function Defaults() {
  const { t, language } = useTranslation("settings");
  const models = useQuery(modelsQuery);
  const [settings, setSettings] = useState(chatDefaults);
  const [typed, setTyped] = useState<Typed>({});
  useEffect(() => setChatDefaults(settings), [settings]);
  const set = <K extends keyof ThreadSettings>(name: K, value: ThreadSettings[K] | undefined) => {
    const { [name]: _, ...rest } = settings;
    setSettings(value === undefined ? rest : { ...rest, [name]: value });
  };
  const reset = () => {
    setTyped({});
    setSettings({});
  };
  const known = settings.model === undefined || (models.data?.some(({ id }) => id === settings.model) ?? true);
  return (
    <Group title={t("defaults")} hint={t("defaultsHint")}>
      <Field label={t("model")} error={known ? undefined : t("modelGone")}>
        {(ids) => (
          <Select {...ids} value={settings.model ?? ""} onChange={({ target }) => set("model", target.value === "" ? undefined : target.value)}>
            <option value="">{t("serverDefault")}</option>
            {!known && <option value={settings.model}>{settings.model}</option>}
            {byName(models.data ?? [], ({ name, provider }) => `${name} (${provider})`, language).map(({ id, name, provider }) => (
              <option key={id} value={id}>
                {`${name} (${provider})`}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Range label={t("temperature")} hint={t("temperatureHint")} step={0.1} resting={0.7} unset={t("serverDefault")} value={settings.temperature} onChange={(value) => set("temperature", value)} />
      <Range label={t("topP")} hint={t("topPHint")} step={0.05} resting={1} unset={t("serverDefault")} value={settings.top_p} onChange={(value) => set("top_p", value)} />
      <LimitedSettings t={t} placeholder={t("serverDefault")} rows={5} settings={settings} typed={typed} onTyped={setTyped} onChange={(name, value) => value !== null && set(name, value)} />
      <div>
        <Button disabled={Object.keys(settings).length + Object.values(typed).filter(Boolean).length === 0} onClick={reset}>
          {t("resetDefaults")}
        </Button>
      </div>
    </Group>
  );
}
