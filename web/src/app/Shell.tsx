import { Suspense, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Drawer } from "@/components/ui/Dialog";
import { IconButton } from "@/components/ui/Button";
import { Empty } from "@/components/ui/Notice";
import { PageLink } from "@/components/ui/PageLink";
import { Waiting } from "@/components/ui/Waiting";
import { ChatPage } from "@/features/chat/ChatPage";
import { forgetDrafts } from "@/features/chat/drafts";
import { forgetUnsent } from "@/features/chat/outbox";
import { forgetUploads } from "@/features/chat/useUploads";
import type { User } from "@/lib/api/types";
import { setChatDefaults, setNewChatSettings } from "@/lib/chatDefaults";
import { useCommand, useShortcuts } from "@/lib/commands";
import { useMediaQuery } from "@/lib/media";
import { takeOver } from "@/lib/person";
import { setPreference, usePreferences } from "@/lib/preferences";
import { navigate, type Route } from "@/lib/router";
import { Sidebar } from "./Sidebar";
import { slots } from "./slots";
import { useAfterGap } from "./useAfterGap";
import { useDeletedThreads } from "./useDeletedThreads";
import { useDrawerSwipe } from "./useDrawerSwipe";

/** Sidebar, main area, and what lies over them. */
export function Shell({ route, user }: { route: Exclude<Route, { name: "login" | "setup" }>; user: User }) {
  const { t } = useTranslation();
  // Before anything of this person is shown.
  useState(() => takeOver(user.id) && forgetLast());
  const narrow = useMediaQuery("(width < 768px)");
  const { sidebar } = usePreferences();
  const [drawer, setDrawer] = useState(false);
  const thread = route.name === "chat" ? route.thread : null;

  useShortcuts();
  useAfterGap();
  useDeletedThreads();
  useCommand({ id: "newChat", title: "newChat", shortcut: "Mod+Shift+O", run: () => navigate("/") });
  useCommand({
    id: "sidebar",
    title: "toggleSidebar",
    shortcut: "Mod+Shift+S",
    run: () => (narrow ? setDrawer((open) => !open) : setPreference("sidebar", sidebar === "open" ? "folded" : "open")),
  });
  useDrawerSwipe(narrow, drawer, setDrawer);

  const list = (folded: boolean) => <Sidebar user={user} thread={thread} folded={folded} onPick={() => setDrawer(false)} />;
  return (
    <div className="flex h-dvh overflow-hidden print:block print:h-auto print:overflow-visible">
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:start-2 focus:top-2 focus:z-50 focus:rounded-md focus:bg-raised focus:p-2">
        {t("skip")}
      </a>
      {narrow ? (
        <Drawer open={drawer} onClose={() => setDrawer(false)} title={t("sidebar")} side="left" bare>
          {list(false)}
        </Drawer>
      ) : (
        <aside aria-label={t("sidebar")} className={`flex shrink-0 flex-col border-e border-line bg-side ${sidebar === "open" ? "w-[264px]" : "w-14"}`}>
          {list(sidebar === "folded")}
        </aside>
      )}
      <main id="main" tabIndex={-1} className="relative flex min-w-0 grow flex-col outline-none print:block">
        {narrow && (
          <div className="flex h-12 shrink-0 items-center justify-between px-1 print:hidden">
            <IconButton icon="menu" label={t("openSidebar")} onClick={() => setDrawer(true)} />
            <IconButton icon="compose" label={t("newChat")} onClick={() => navigate("/")} />
          </div>
        )}
        <Suspense>{slots.connection && <slots.connection />}</Suspense>
        <Suspense fallback={<Waiting className="p-5" />}>
          <Main route={route} user={user} />
        </Suspense>
      </main>
      <Suspense>{slots.search && <slots.search />}</Suspense>
      <Suspense>{slots.overlays && <slots.overlays />}</Suspense>
    </div>
  );
}

function Main({ route, user }: { route: Exclude<Route, { name: "login" | "setup" }>; user: User }) {
  const { t } = useTranslation();
  switch (route.name) {
    case "chat":
      return (
        <ChatPage
          thread={route.thread}
          // Each waits for its own code: the chat is there meanwhile.
          notice={slots.noModel && <Suspense><slots.noModel /></Suspense>}
          menu={slots.threadMenu && route.thread !== null && <Suspense><slots.threadMenu thread={route.thread} /></Suspense>}
        />
      );
    case "settings":
      return slots.settings && <slots.settings section={route.section} />;
    case "admin":
      if (user.role !== "administrator") return <NeedsAdministrator />;
      return slots.admin && <slots.admin section={route.section} />;
    case "unknown":
      return (
        <div className="grid grow place-items-center">
          <title>{t("titled", { title: t("notFound.title") })}</title>
          <Empty as="h1" title={t("notFound.title")} action={<PageLink to="/">{t("notFound.home")}</PageLink>}>
            {t("notFound.text")}
          </Empty>
        </div>
      );
  }
}

/** What the last person wrote in this browser and did not send, and how their chats begin. */
function forgetLast(): void {
  forgetDrafts();
  forgetUnsent();
  forgetUploads();
  setChatDefaults({});
  setNewChatSettings(null);
}

function NeedsAdministrator() {
  const { t } = useTranslation();
  return (
    <div className="grid grow place-items-center">
      <title>{t("titled", { title: t("admin") })}</title>
      <Empty as="h1" title={t("needAdministrator")} action={<PageLink to="/">{t("notFound.home")}</PageLink>} />
    </div>
  );
}
