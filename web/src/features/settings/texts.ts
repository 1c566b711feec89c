import { addTexts } from "@/lib/i18n/i18n";
import en from "@/lib/i18n/locales/en/settings.json";
import ja from "@/lib/i18n/locales/ja/settings.json";

addTexts("settings", { ja, en });
