import type { ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { cx } from "@/components/ui/cx";
import type { Config } from "@/lib/api/types";

interface Props {
  /** Undefined while it is on its way; empty for ours. */
  greeting: string | undefined;
  starters: Config["starters"] | undefined;
  /** One of the prompts was chosen. */
  onPick: (prompt: string, prompts: readonly string[]) => void;
  /** The composer. */
  children: ReactNode;
}

/** A chat that has not begun: the greeting, where to write, and four ways to begin. */
export function Welcome({ greeting, starters, onPick, children }: Props) {
  const { t } = useTranslation("chat");
  // Without any from the operator, four that fit most people.
  const own = (["summary", "mail", "code", "ideas"] as const).map((name) => ({ title: t(`starters.${name}.title`), prompt: t(`starters.${name}.prompt`) }));
  const shown = starters && starters.length > 0 ? starters.slice(0, 4) : own;
  return (
    <div className="flex min-h-0 grow flex-col overflow-y-auto">
      <div className="mx-auto flex w-full max-w-[760px] flex-col gap-4 px-3 pt-[min(22vh,13rem)] pb-6 md:px-4">
        <h1 className="min-h-8 px-1 text-xl font-semibold">{greeting === "" ? t("greeting") : greeting}</h1>
        {children}
        {/* Not before it is known which they are: nobody picks one that changes under the finger. */}
        <ul className={cx("grid gap-2 sm:grid-cols-2", !starters && "invisible")}>
          {shown.map(({ title, prompt }) => (
            <li key={title}>
              <button type="button" onClick={() => onPick(prompt, shown.map((one) => one.prompt))} className="h-full w-full rounded-xl border border-line px-4 py-2.5 text-start hover:bg-hover">
                <span className="block text-[0.9375rem] font-medium">{title}</span>
                <span className="line-clamp-1 text-sm text-muted">{prompt}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
