import { useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { IconButton } from "@/components/ui/Button";
import { Menu, MenuItem, MenuNote } from "@/components/ui/Menu";
import { toast } from "@/components/ui/toast";
import { api } from "@/lib/api/client";
import { copyPromised, download } from "@/lib/clipboard";
import { useCommand } from "@/lib/commands";
import { explain } from "@/lib/i18n/problems";
import { fileName } from "./fileName";
import "./texts";

type Format = "markdown" | "json";
const kinds = { markdown: { type: "text/markdown;charset=utf-8", name: "chat.md" }, json: { type: "application/json", name: "chat.json" } };

/** The branch of a thread that is shown, as a file or on the clipboard. */
export function ExportMenu({ thread }: { thread: string }) {
  const { t } = useTranslation("export");
  const [busy, setBusy] = useState(false);

  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      toast({ kind: "error", text: explain(t("failed"), error, t) });
    } finally {
      setBusy(false);
    }
  };
  const fetchText = async (format: Format) => {
    const { data, response } = await api.GET("/api/threads/{id}/export", { params: { path: { id: thread }, query: { format } }, parseAs: "text" });
    return { text: data ?? "", disposition: response.headers.get("content-disposition") };
  };
  const save = (format: Format) =>
    run(async () => {
      const { text, disposition } = await fetchText(format);
      download(fileName(disposition, kinds[format].name), kinds[format].type, text);
    });
  const copyAll = () =>
    run(async () => {
      await copyPromised(fetchText("markdown").then(({ text }) => text));
      toast({ text: t("common:copied") });
    });

  useCommand({ id: "exportMarkdown", title: "export:saveMarkdown", run: () => void save("markdown") });
  useCommand({ id: "exportJson", title: "export:saveJson", run: () => void save("json") });
  return (
    <Menu trigger={<IconButton icon="download" label={t("title")} disabled={busy} />}>
      <MenuNote>{t("note")}</MenuNote>
      <MenuItem icon="file" onClick={() => void save("markdown")}>{t("saveMarkdown")}</MenuItem>
      <MenuItem icon="file" onClick={() => void save("json")}>{t("saveJson")}</MenuItem>
      <MenuItem icon="copy" onClick={() => void copyAll()}>{t("copyMarkdown")}</MenuItem>
    </Menu>
  );
}
