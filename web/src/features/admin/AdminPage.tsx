import { useTranslation } from "@/lib/i18n/i18n";
import { PageTabs } from "@/components/ui/PageTabs";
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
      <title>{t("common:titled", { title: `${t(current)} – ${t("title")}` })}</title>
      <PageTabs title={t("title")} base="/admin" sections={sections.map((name) => ({ name, label: t(name) }))} current={current} />
      {current === "users" ? <UsersSection /> : <ModelsSection />}
    </div>
  );
}
