import { addTexts } from "@/lib/i18n/i18n";
import en from "@/lib/i18n/locales/en/markdown.json";
import ja from "@/lib/i18n/locales/ja/markdown.json";

addTexts("markdown", { ja, en });
