import { useQueryClient } from "@tanstack/react-query";
import { Suspense } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { IconButton } from "@/components/ui/Button";
import { cx } from "@/components/ui/cx";
import { Icon, type IconName } from "@/components/ui/Icon";
import { Menu, MenuItem, MenuLine, MenuNote } from "@/components/ui/Menu";
import { toast } from "@/components/ui/toast";
import { api } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { User } from "@/lib/api/types";
import { runCommand, shortcutLabel } from "@/lib/commands";
import { describe } from "@/lib/i18n/problems";
import { setPreference } from "@/lib/preferences";
import { navigate } from "@/lib/router";
import { slots } from "./slots";

interface Props {
  user: User;
  thread: string | null;
  folded: boolean;
  /** Called when something was chosen, so that a drawer can close. */
  onPick: () => void;
}

export function Sidebar({ user, thread, folded, onPick }: Props) {
  const { t } = useTranslation();
  return (
    <div className="flex min-h-0 grow flex-col">
      <div className={cx("flex flex-col gap-0.5 p-2", folded && "items-center")}>
        <div className={cx("flex min-h-10 items-center", folded ? "justify-center" : "justify-between ps-2")}>
          {!folded && <span className="font-semibold">{t("appName")}</span>}
          <IconButton className="max-md:hidden" icon="sidebar" label={t(folded ? "openSidebar" : "foldSidebar")} shortcut="Mod+Shift+S" onClick={() => setPreference("sidebar", folded ? "open" : "folded")} />
        </div>
        <Entry icon="compose" text={t("newChat")} shortcut="Mod+Shift+O" folded={folded} onClick={() => { navigate("/"); onPick(); }} />
        {slots.search && <Entry icon="search" text={t("search")} shortcut="Mod+K" folded={folded} onClick={() => { onPick(); runCommand("search"); }} />}
      </div>
      <nav aria-label={t("threads")} className="flex min-h-0 grow flex-col">
        {!folded && <Suspense>{slots.threads && <slots.threads current={thread} onPick={onPick} />}</Suspense>}
      </nav>
      <div className={cx("border-t border-line p-2", folded && "flex justify-center")}>
        <Person user={user} folded={folded} onPick={onPick} />
      </div>
    </div>
  );
}

function Entry({ icon, text, shortcut, folded, onClick }: { icon: IconName; text: string; shortcut: string; folded: boolean; onClick: () => void }) {
  if (folded) return <IconButton icon={icon} label={text} shortcut={shortcut} onClick={onClick} />;
  return (
    <button type="button" onClick={onClick} className="group flex h-10 w-full items-center gap-2.5 rounded-lg px-2 text-start text-[0.9375rem] hover:bg-hover">
      <Icon name={icon} className="text-muted" />
      <span className="grow">{text}</span>
      <kbd className="hidden text-xs text-muted group-hover:inline group-focus-visible:inline max-md:!hidden">{shortcutLabel(shortcut)}</kbd>
    </button>
  );
}

function Person({ user, folded, onPick }: { user: User; folded: boolean; onPick: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const name = user.name || user.username;
  const go = (path: string) => () => {
    navigate(path);
    onPick();
  };
  const signOut = async () => {
    try {
      await api.DELETE("/api/session");
    } catch (error) {
      return void toast({ kind: "error", text: describe(error, t) });
    }
    client.clear();
    client.setQueryData(keys.session, null);
    navigate("/login");
  };
  const face = <span className="grid size-7 shrink-0 place-items-center rounded-full bg-bubble text-sm font-semibold uppercase">{[...name][0]}</span>;
  const button = (
    <button type="button" aria-label={t("account")} className={cx("flex h-11 items-center gap-2.5 rounded-lg px-2 text-start hover:bg-hover", !folded && "w-full")}>
      {face}
      {!folded && <span className="min-w-0 grow truncate text-[0.9375rem]">{name}</span>}
      {!folded && <Icon name="more" className="shrink-0 text-muted" />}
    </button>
  );
  return (
    <Menu side="top" align="start" trigger={button}>
      <MenuNote>{user.username}</MenuNote>
      {slots.settings && <MenuItem icon="settings" onClick={go("/settings")}>{t("settings")}</MenuItem>}
      {slots.admin && user.role === "administrator" && <MenuItem icon="shield" onClick={go("/admin")}>{t("admin")}</MenuItem>}
      <MenuLine />
      <MenuItem icon="signOut" onClick={() => void signOut()}>{t("signOut")}</MenuItem>
    </Menu>
  );
}
