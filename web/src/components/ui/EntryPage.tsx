import type { ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { setPreference } from "@/lib/preferences";

const languages = { ja: "日本語", en: "English" } as const;

/** A page of its own before somebody is signed in: one column, one thing to do, and the choice of language. */
export function EntryPage({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  const { t, language } = useTranslation();
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-sm flex-col gap-5 px-5 pt-[12dvh] pb-6">
      <title>{t("titled", { title })}</title>
      <header className="flex flex-col gap-2">
        <p className="text-sm font-semibold text-muted">{t("appName")}</p>
        <h1 className="text-2xl font-semibold">{title}</h1>
        {lead && <p className="text-muted">{lead}</p>}
      </header>
      {children}
      <footer className="mt-auto flex gap-1 pt-6 text-sm">
        {Object.entries(languages).map(([tag, name]) => (
          <button
            key={tag}
            type="button"
            lang={tag}
            aria-pressed={language === tag}
            onClick={() => setPreference("language", tag as keyof typeof languages)}
            className="h-9 rounded-lg px-2.5 text-muted pointer-coarse:h-11 hover:bg-hover aria-pressed:font-semibold aria-pressed:text-text"
          >
            {name}
          </button>
        ))}
      </footer>
    </main>
  );
}
