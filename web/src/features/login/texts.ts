import { addTexts } from "@/lib/i18n/i18n";
import en from "@/lib/i18n/locales/en/login.json";
import ja from "@/lib/i18n/locales/ja/login.json";

addTexts("login", { ja, en });
