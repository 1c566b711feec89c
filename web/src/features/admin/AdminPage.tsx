import { useTranslation } from "react-i18next";
import { cx } from "@/components/ui/cx";
import { navigate } from "@/lib/router";
import { ModelsSection } from "./ModelsSection";
import { UsersSection } from "./UsersSection";
import "./texts";

const sections = ["users", "models"] as const;

/** The pages of an administrator; the address says which. */
export function AdminPage({ section }: { section: string | null }) {
  const { t } = useTranslation("admin");
  const current = sections.find((name) => name === section) ?? "users";
  return (
    <div className="flex min-h-0 grow flex-col">
      <title>{`${t(current)} – ${t("title")}`}</title>
      <header className="flex flex-wrap items-center gap-x-5 border-b border-line px-5 pt-2">
        <h1 className="text-base font-semibold">{t("title")}</h1>
        <nav aria-label={t("title")} className="flex gap-1">
          {sections.map((name) => (
            <a
              key={name}
              href={`/admin/${name}`}
              aria-current={name === current ? "page" : undefined}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
                event.preventDefault();
                navigate(`/admin/${name}`);
              }}
              className={cx("flex h-11 items-center border-b-2 px-3 text-[15px]", name === current ? "border-accent font-medium" : "border-transparent text-muted hover:text-text")}
            >
              {t(name)}
            </a>
          ))}
        </nav>
      </header>
      {current === "users" ? <UsersSection /> : <ModelsSection />}
    </div>
  );
}
