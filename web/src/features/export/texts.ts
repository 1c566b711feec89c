import { addTexts } from "@/lib/i18n/i18n";
import en from "@/lib/i18n/locales/en/export.json";
import ja from "@/lib/i18n/locales/ja/export.json";

addTexts("export", { ja, en });
