import { addTexts } from "@/lib/i18n/i18n";
import en from "@/lib/i18n/locales/en/palette.json";
import ja from "@/lib/i18n/locales/ja/palette.json";

addTexts("palette", { ja, en });
