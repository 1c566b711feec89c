import { useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import { Empty } from "@/components/ui/Notice";
import { fileSize } from "@/lib/fileSize";
import { navigate, threadPath } from "@/lib/router";
import { fileAddress } from "./Attachments";
import type { Conversation } from "./conversation";

interface Props {
  thread: string;
  conversation: Conversation;
  loadOlder: () => Promise<boolean>;
  /** Called when a message is to be shown, so that a sheet can give way to it. */
  onShow: () => void;
}

/** The files of a thread, newest first, each with the way to its message. Those of older messages come when asked for. */
export function FilesPanel({ thread, conversation, loadOlder, onShow }: Props) {
  const { t, language } = useTranslation("chat");
  const [busy, setBusy] = useState(false);
  const files = conversation.items.flatMap((item) => item.files.map((file) => ({ file, item }))).reverse();
  const older = async () => {
    setBusy(true);
    await loadOlder();
    setBusy(false);
  };
  return (
    <div className="px-5 pb-5">
      {files.length === 0 && <Empty title={t("noFiles")}>{t("noFilesHint")}</Empty>}
      <ul className="divide-y divide-line">
        {files.map(({ file, item }) => (
          <li key={`${item.id} ${file.id}`} className="flex items-center gap-2 py-2">
            <Icon name="file" className="shrink-0 text-muted" />
            <span className="min-w-0 grow">
              <a href={fileAddress(file)} download={file.name} className="block truncate text-[0.9375rem] hover:underline">{file.name}</a>
              <span className="block text-xs text-muted">
                {file.size > 0 && `${fileSize(file.size)} · `}
                {new Date(item.created_at).toLocaleDateString(language, { dateStyle: "medium" })}
              </span>
            </span>
            <Button
              size="small"
              kind="quiet"
              aria-label={t("showMessageOf", { name: file.name })}
              onClick={() => {
                onShow();
                navigate(threadPath(thread, item.id));
              }}
            >
              {t("showMessage")}
            </Button>
          </li>
        ))}
      </ul>
      {conversation.next !== null && (
        <Button size="small" className="mt-3" disabled={busy} onClick={() => void older()}>
          {t("olderFiles")}
        </Button>
      )}
    </div>
  );
}
