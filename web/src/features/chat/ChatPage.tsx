import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button, IconButton } from "@/components/ui/Button";
import type { Typed } from "@/components/ui/LimitedSettings";
import { Empty, Notice } from "@/components/ui/Notice";
import { PageLink } from "@/components/ui/PageLink";
import { toast } from "@/components/ui/toast";
import { Waiting } from "@/components/ui/Waiting";
import { isApiError } from "@/lib/api/errors";
import { configQuery, modelsQuery, threadQuery } from "@/lib/api/queries";
import type { ThreadSettings } from "@/lib/api/types";
import { newChatSettings, setNewChatSettings } from "@/lib/chatDefaults";
import { useCommand } from "@/lib/commands";
import { defaultModel } from "@/lib/defaultModel";
import { describe } from "@/lib/i18n/problems";
import { useMediaQuery } from "@/lib/media";
import { useLocation } from "@/lib/router";
import { Composer } from "./Composer";
import { Chat } from "./context";
import { isBroken, isRunning, type Item } from "./conversation";
import { getDraft, setDraft } from "./drafts";
import { FilesPanel } from "./FilesPanel";
import { release, useLeaving } from "./held";
import { MessageList } from "./MessageList";
import { ModelPicker } from "./ModelPicker";
import { ParametersPanel } from "./ParametersPanel";
import { SidePanel } from "./SidePanel";
import { withStarter } from "./starters";
import { Welcome } from "./Welcome";
import { useActions } from "./useActions";
import { useConversation } from "./useConversation";
import { targetOf } from "./useTarget";

interface Props {
  /** Null for a chat that has not begun. */
  thread: string | null;
  /** A line over the composer. */
  notice?: ReactNode;
  /** At the end of the thread's header. */
  menu?: ReactNode;
}

const none: ThreadSettings = {};
/** Milliseconds after which the default model is looked at again, where nothing has been asked and it would answer. */
const defaultAge = 30_000;

export function ChatPage(props: Props) {
  return <ChatThread key={props.thread ?? "new"} {...props} />;
}

function ChatThread({ thread, notice, menu }: Props) {
  const { t } = useTranslation("chat");
  const found = useQuery({ ...threadQuery(thread ?? ""), enabled: thread !== null, refetchInterval: ({ state }) => (state.data?.head === null ? defaultAge : false) });
  const refetchInterval = thread === null ? defaultAge : false;
  const config = useQuery({ ...configQuery, refetchInterval });
  const models = useQuery({ ...modelsQuery, refetchInterval });
  const { conversation, gone, error, loadOlder, refresh } = useConversation(thread);
  const { hash } = useLocation();

  const [chosen, setChosen] = useState<ThreadSettings>(newChatSettings);
  const settings = thread === null ? chosen : (found.data?.settings ?? none);
  // Settings that are not known cannot be changed: the rest of them would be lost.
  const known = thread === null || found.data !== undefined;
  const actions = useActions(thread, settings);
  const configure = useCallback(
    (next: ThreadSettings) => {
      if (thread !== null) return void actions.configure(next);
      setChosen(next);
      setNewChatSettings(next);
    },
    [thread, actions],
  );
  const model = settings.model ?? defaultModel(config.data, models.data);

  const [editing, setEditing] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const [panel, setPanel] = useState<"parameters" | "files" | null>(null);
  const [typed, setTyped] = useState<Typed>({});
  const toggle = (name: "parameters" | "files") => setPanel((open) => (open === name ? null : name));
  const wide = useMediaQuery("(width >= 1100px)");
  const hasFiles = conversation?.items.some(({ files }) => files.length > 0) ?? false;
  const running = isRunning(conversation);
  const chat = useMemo(() => {
    const rewrite = (question: Item) => {
      actions.withdraw(question);
      field.current?.focus();
    };
    return { actions, running, editing, setEditing, rewrite };
  }, [actions, running, editing]);
  const generation = conversation?.items.findLast(({ state }) => state === "pending")?.generation;
  const stop = useCallback(() => {
    if (!generation) return;
    // Who stops an answer looks at what there is of it before asking on.
    release(thread);
    void actions.stop(generation);
  }, [generation, actions, thread]);
  useCommand({ id: "stop", title: "chat:stop", shortcut: "Escape", off: generation == null, run: stop });
  useCommand({ id: "parameters", title: "chat:parameters", off: !known, run: () => toggle("parameters") });
  useCommand({ id: "files", title: "chat:threadFiles", off: !hasFiles, run: () => toggle("files") });

  const title = found.data?.title;
  const pick = (prompt: string, prompts: readonly string[]) => {
    setDraft(null, { text: withStarter(prompt, getDraft(null).text, prompts) });
    field.current?.focus();
  };
  const composer = (
    <Composer
      field={field}
      thread={thread}
      uploads={config.data?.uploads}
      running={running}
      loading={thread !== null && !conversation}
      broken={isBroken(conversation)}
      onStop={generation ? stop : undefined}
      onSend={(sending) => void actions.send(sending)}
      onEditLast={() => setEditing(conversation?.items.findLast(({ role, local }) => role === "user" && !local)?.id ?? null)}
    >
      <ModelPicker disabled={!known} models={models.data} error={models.error} retry={() => void models.refetch()} chosen={model} onChoose={(next) => configure({ ...settings, model: next })} />
      <IconButton icon="sliders" label={t("parameters")} disabled={!known} aria-expanded={known && panel === "parameters"} onClick={() => toggle("parameters")} />
    </Composer>
  );
  const failure = conversation ? null : (error ?? (thread === null ? null : found.error));
  useLeaving(thread, failure !== null, () => toast({ kind: "error", text: t("heldBackUnread") }));
  const again = () => {
    refresh();
    void found.refetch();
  };

  return (
    <Chat value={chat}>
      <title>{failure ? t("common:titled", { title: t("cannotOpen") }) : title ? t("common:titled", { title }) : t("common:appName")}</title>
      <div className="flex min-h-0 grow print:block">
        <div className="flex min-h-0 min-w-0 grow flex-col print:block">
          {thread !== null && !failure && (
            <header className="flex h-12 shrink-0 items-center gap-2 px-4 print:static! print:mx-auto print:max-w-[760px] max-md:absolute max-md:inset-x-11 max-md:top-0 max-md:px-1">
              <h1 className="min-w-0 grow truncate text-[0.9375rem] font-medium max-md:text-center">{title === "" ? t("common:newChat") : title}</h1>
              {hasFiles && <IconButton icon="attach" label={t("threadFiles")} aria-expanded={panel === "files"} onClick={() => toggle("files")} />}
              {conversation && conversation.items.length > 0 && menu}
            </header>
          )}
          {failure ? (
            <CannotOpen error={failure} retry={again} />
          ) : thread === null ? (
            <Welcome greeting={config.isError ? "" : config.data?.greeting} starters={config.isError ? [] : config.data?.starters} onPick={pick}>
              {notice}
              {composer}
            </Welcome>
          ) : (
            <>
              {conversation ? <MessageList conversation={conversation} loadOlder={loadOlder} target={targetOf(hash)} /> : <div className="mx-auto w-full max-w-[760px] grow px-4 pt-4"><Waiting /></div>}
              <div className="mx-auto flex w-full max-w-[760px] shrink-0 flex-col gap-2 px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-4">
                {gone ? (
                  <Notice actions={<Button size="small" icon="restore" onClick={() => void actions.restore()}>{t("common:undo")}</Button>}>
                    <span role="status">{t("deletedElsewhere")}</span>
                  </Notice>
                ) : (
                  <>
                    {notice}
                    {composer}
                  </>
                )}
              </div>
            </>
          )}
        </div>
        {panel === "parameters" && known && (
          <SidePanel title={t("parameters")} onClose={() => setPanel(null)}>
            <ParametersPanel settings={settings} onChange={configure} typed={typed} onTyped={setTyped} />
          </SidePanel>
        )}
        {panel === "files" && thread !== null && conversation && (
          <SidePanel title={t("threadFiles")} onClose={() => setPanel(null)}>
            <FilesPanel thread={thread} conversation={conversation} loadOlder={loadOlder} onShow={() => !wide && setPanel(null)} />
          </SidePanel>
        )}
      </div>
    </Chat>
  );
}

/** In the place of a thread: what is not there stays so, what could not be read may come with another try. */
function CannotOpen({ error, retry }: { error: unknown; retry: () => void }) {
  const { t } = useTranslation("chat");
  const gone = isApiError(error) && error.status === 404;
  return (
    <div className="grid grow place-items-center">
      <Empty
        as="h1"
        title={t("cannotOpen")}
        action={
          <>
            {!gone && <Button kind="primary" icon="refresh" onClick={retry}>{t("common:retry")}</Button>}
            <PageLink to="/">{t("common:newChat")}</PageLink>
          </>
        }
      >
        {describe(error, t)}
      </Empty>
    </div>
  );
}
