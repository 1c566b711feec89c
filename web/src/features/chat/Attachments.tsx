import { useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Icon } from "@/components/ui/Icon";
import type { StoredFile } from "@/lib/api/types";
import { fileSize } from "@/lib/fileSize";
import type { Upload } from "./useUploads";

export const fileAddress = (file: StoredFile) => `/api/files/${encodeURIComponent(file.id)}`;

/** The files of a message, on its side of the column. */
export function FileList({ files, side }: { files: readonly StoredFile[]; side: "start" | "end" }) {
  const { t } = useTranslation("chat");
  if (files.length === 0) return null;
  return (
    <ul aria-label={t("files")} className={`flex flex-wrap gap-2 ${side === "end" ? "justify-end" : "justify-start"}`}>
      {files.map((file) => (
        <li key={file.id}>{file.type.startsWith("image/") ? <Thumbnail file={file} /> : <FileLink file={file} />}</li>
      ))}
    </ul>
  );
}

function FileLink({ file }: { file: StoredFile }) {
  return (
    <a href={fileAddress(file)} download={file.name} className="flex max-w-64 items-center gap-2 rounded-lg border border-line px-3 py-2 text-sm hover:bg-hover">
      <Icon name="file" className="shrink-0 text-muted" />
      <span className="min-w-0 truncate">{file.name}</span>
      {file.size > 0 && <span className="shrink-0 text-xs text-muted">{fileSize(file.size)}</span>}
    </a>
  );
}

function Thumbnail({ file }: { file: StoredFile }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <FileLink file={file} />;
  return (
    <a href={fileAddress(file)} download={file.name}>
      <img src={fileAddress(file)} alt={file.name} loading="lazy" onError={() => setBroken(true)} className="size-28 rounded-lg border border-line object-cover" />
    </a>
  );
}

/** Files of a draft: on their way, there, or refused with the reason. */
export function UploadList({ files, uploads, onRemove }: { files: readonly StoredFile[]; uploads: readonly Upload[]; onRemove: (id: string) => void }) {
  const { t } = useTranslation("chat");
  if (files.length + uploads.length === 0) return null;
  const rows = [
    ...files.map(({ id, name, size }) => ({ id, name, note: size > 0 ? fileSize(size) : "", failed: false })),
    ...uploads.map(({ id, name, progress, error }) => ({ id, name, note: error ?? t("uploading", { percent: Math.round(progress * 100) }), failed: error !== undefined })),
  ];
  return (
    <ul aria-label={t("files")} className="flex max-h-[min(12rem,30dvh)] flex-wrap gap-2 overflow-y-auto px-3 pt-3">
      {rows.map(({ id, name, note, failed }) => (
        <li key={id} className="flex max-w-72 items-center gap-2 rounded-lg border border-line py-1 ps-2.5 pe-1 text-sm">
          <Icon name={failed ? "warning" : "file"} size={16} className={failed ? "shrink-0 text-danger" : "shrink-0 text-muted"} />
          {/* A reason stands beneath the name: beside it there is no room for both. */}
          <span className={failed ? "min-w-0" : "flex min-w-0 items-baseline gap-2"}>
            <span className="block min-w-0 truncate" title={name}>{name}</span>
            <span className={failed ? "block text-xs text-danger" : "shrink-0 text-xs text-muted tabular-nums"}>{note}</span>
          </span>
          <button type="button" aria-label={t("removeFile", { name })} onClick={() => onRemove(id)} className="grid size-7 shrink-0 pointer-coarse:size-9 place-items-center rounded-md text-muted hover:bg-hover">
            <Icon name="close" size={14} />
          </button>
        </li>
      ))}
    </ul>
  );
}
