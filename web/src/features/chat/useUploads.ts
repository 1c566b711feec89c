import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, networkProblem } from "@/lib/api/errors";
import type { Config, Problem, StoredFile } from "@/lib/api/types";
import { describe } from "@/lib/i18n/problems";
import { newId } from "@/lib/ids";
import { fileSize } from "./Attachments";
import { getDraft, setDraft } from "./drafts";

/** A file on its way to the server, or one that did not get there. */
export interface Upload {
  id: string;
  name: string;
  progress: number;
  error?: string;
}

type Limits = Config["uploads"];

/** Whether a type such as image/png is among those that may be sent, such as image/*. */
export function accepts(types: readonly string[], type: string): boolean {
  if (types.length === 0) return true;
  const [kind] = type.split("/");
  return types.some((pattern) => pattern === type || pattern === "*/*" || pattern === "*" || pattern === `${kind}/*`);
}

export function useUploads(thread: string | null, limits: Limits | undefined) {
  const { t } = useTranslation(["chat", "common"]);
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const requests = useRef(new Map<string, XMLHttpRequest>());

  const add = useCallback(
    (files: Iterable<File>) => {
      if (!limits?.enabled) return;
      let room = limits.max_files - getDraft(thread).files.length - requests.current.size;
      for (const file of files) {
        const id = newId();
        const change = (next: Partial<Upload>) => setUploads((all) => all.map((upload) => (upload.id === id ? { ...upload, ...next } : upload)));
        const refused =
          room <= 0 ? t("tooManyFiles", { count: limits.max_files })
          : file.size > limits.max_bytes ? t("fileTooLarge", { size: fileSize(limits.max_bytes) })
          // Browsers know few types; without one the server goes by the name.
          : file.type !== "" && !accepts(limits.types, file.type) ? t("fileType")
          : undefined;
        setUploads((all) => [...all, { id, name: file.name, progress: 0, ...(refused === undefined ? {} : { error: refused }) }]);
        if (refused !== undefined) continue;
        room--;
        const done = () => requests.current.delete(id);
        requests.current.set(
          id,
          upload(file, (progress) => change({ progress }), (stored) => {
            done();
            setUploads((all) => all.filter((other) => other.id !== id));
            setDraft(thread, { files: [...getDraft(thread).files, stored] });
          }, (error) => {
            done();
            change({ error: describe(error, t) });
          }),
        );
      }
    },
    [limits, thread, t],
  );

  const remove = useCallback(
    (id: string) => {
      requests.current.get(id)?.abort();
      requests.current.delete(id);
      setUploads((all) => all.filter((upload) => upload.id !== id));
      setDraft(thread, { files: getDraft(thread).files.filter((file) => file.id !== id) });
    },
    [thread],
  );

  return { uploads, add, remove, busy: uploads.some((upload) => upload.error === undefined) };
}

/** fetch cannot say how much was sent, so this is an XMLHttpRequest. */
function upload(file: File, onProgress: (part: number) => void, onDone: (file: StoredFile) => void, onError: (error: ApiError) => void): XMLHttpRequest {
  const request = new XMLHttpRequest();
  request.open("POST", `/api/files?name=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("content-type", file.type || "application/octet-stream");
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
  request.onerror = () => onError(new ApiError(networkProblem()));
  request.onload = () => {
    if (request.status === 201) return onDone(request.response as StoredFile);
    const problem = request.response as Problem | null;
    onError(new ApiError(problem ?? { ...networkProblem(), status: request.status, code: `http_${request.status}` }));
  };
  request.send(file);
  return request;
}
