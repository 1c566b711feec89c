import { useTranslation } from "@/lib/i18n/i18n";
import { PageTabs } from "@/components/ui/PageTabs";
import { AccountSection } from "./AccountSection";
import { AppearanceSection } from "./AppearanceSection";
import { ChatSection } from "./ChatSection";
import { KeysSection } from "./KeysSection";
import "./texts";

const sections = { account: AccountSection, appearance: AppearanceSection, chat: ChatSection, keys: KeysSection };
const names = Object.keys(sections) as (keyof typeof sections)[];

/** What a person can change for themselves; the address says which part. */
export function SettingsPage({ section }: { section: string | null }) {
  const { t } = useTranslation("settings");
  const current = names.find((name) => name === section) ?? "account";
  const Section = sections[current];
  return (
    <div className="flex min-h-0 grow flex-col">
      <title>{t("common:titled", { title: `${t(current)} – ${t("title")}` })}</title>
      <PageTabs title={t("title")} base="/settings" sections={names.map((name) => ({ name, label: t(name) }))} current={current} />
      <div className="min-h-0 grow overflow-y-auto">
        <div className="mx-auto flex w-full max-w-[640px] flex-col gap-10 px-5 py-6">
          <Section />
        </div>
      </div>
    </div>
  );
}
