import { useTranslation } from "@/lib/i18n/i18n";
import { Dialog } from "@/components/ui/Dialog";
import { shortcutLabel, useCommands } from "@/lib/commands";
import { usePreferences } from "@/lib/preferences";

/** Every key of the page: those of commands as they are offered now, that which stops an answer, and those of the composer. */
export function KeyboardHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation("palette");
  return (
    <Dialog open={open} onClose={onClose} title={t("title")}>
      <Rows />
    </Dialog>
  );
}

function Rows() {
  const { t } = useTranslation("palette");
  const { t: name } = useTranslation();
  const { send } = usePreferences();
  const newest = new Map(useCommands().map((command) => [command.id, command]));
  newest.delete("stop");
  const everywhere = [...newest.values()].flatMap(({ id, title, shortcut }) => (shortcut === undefined ? [] : [{ id, text: name(title), shortcut }]));
  everywhere.push({ id: "stop", text: t("stopAnswer"), shortcut: "Esc" }, { id: "close", text: t("dismiss"), shortcut: "Esc" });
  const composer = [
    { id: "send", text: t("send"), shortcut: send === "enter" ? "Enter" : "Mod+Enter" },
    { id: "break", text: t("break"), shortcut: send === "enter" ? "Shift+Enter" : "Enter" },
    { id: "editLast", text: t("editLast"), shortcut: "↑" },
  ];
  return (
    <div className="flex flex-col gap-5">
      <Keys title={t("everywhere")} rows={everywhere} />
      <Keys title={t("composer")} rows={composer} />
      <p className="text-sm text-muted">{t("composition")}</p>
    </div>
  );
}

function Keys({ title, rows }: { title: string; rows: readonly { id: string; text: string; shortcut: string }[] }) {
  return (
    <section>
      <h3 className="mb-1 text-sm font-medium text-muted">{title}</h3>
      <dl className="grid grid-cols-[1fr_max-content] items-center text-[0.9375rem]">
        {rows.map(({ id, text, shortcut }) => (
          <div key={id} className="col-span-2 grid grid-cols-subgrid border-b border-line py-1.5 last:border-0">
            <dt>{text}</dt>
            <dd className="justify-self-end">
              <kbd className="rounded-md border border-control px-1.5 py-0.5 text-xs">{shortcutLabel(shortcut)}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
