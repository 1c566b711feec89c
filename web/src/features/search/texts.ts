import { addTexts } from "@/lib/i18n/i18n";
import en from "@/lib/i18n/locales/en/search.json";
import ja from "@/lib/i18n/locales/ja/search.json";

addTexts("search", { ja, en });
