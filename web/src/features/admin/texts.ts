import { addTexts } from "@/lib/i18n/i18n";
import en from "@/lib/i18n/locales/en/admin.json";
import ja from "@/lib/i18n/locales/ja/admin.json";

addTexts("admin", { ja, en });
