import { addTexts } from "@/lib/i18n/i18n";
import en from "@/lib/i18n/locales/en/setup.json";
import ja from "@/lib/i18n/locales/ja/setup.json";

addTexts("setup", { ja, en });
