import { useTranslation } from "react-i18next";
import { cx } from "@/components/ui/cx";
import { navigate } from "@/lib/router";
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
      <title>{`${t(current)} – ${t("title")}`}</title>
      <header className="flex flex-wrap items-center gap-x-5 border-b border-line px-5 pt-2">
        <h1 className="text-base font-semibold">{t("title")}</h1>
        <nav aria-label={t("title")} className="-mx-2 flex overflow-x-auto">
          {names.map((name) => (
            <a
              key={name}
              href={`/settings/${name}`}
              aria-current={name === current ? "page" : undefined}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
                event.preventDefault();
                navigate(`/settings/${name}`);
              }}
              className={cx("flex h-11 items-center border-b-2 px-3 text-[15px] whitespace-nowrap", name === current ? "border-accent font-medium" : "border-transparent text-muted hover:text-text")}
            >
              {t(name)}
            </a>
          ))}
        </nav>
      </header>
      <div className="min-h-0 grow overflow-y-auto">
        <div className="mx-auto flex w-full max-w-[640px] flex-col gap-10 px-5 py-6">
          <Section />
        </div>
      </div>
    </div>
  );
}
