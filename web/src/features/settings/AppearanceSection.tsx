import { useTranslation } from "@/lib/i18n/i18n";
import { setPreference, usePreferences } from "@/lib/preferences";
import { Choice, Group } from "./parts";

export function AppearanceSection() {
  const { t } = useTranslation("settings");
  const { theme, language } = usePreferences();
  return (
    <Group title={t("appearance")} hint={t("thisBrowser")}>
      <Choice
        label={t("theme")}
        value={theme}
        options={[["system", t("themes.system")], ["light", t("themes.light")], ["dark", t("themes.dark")]]}
        onChange={(value) => setPreference("theme", value)}
      />
      <Choice
        label={t("language")}
        value={language}
        options={[["system", t("languages.system")], ["ja", "日本語"], ["en", "English"]]}
        onChange={(value) => setPreference("language", value)}
      />
    </Group>
  );
}
