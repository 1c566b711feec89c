import { useCallback, useSyncExternalStore } from "react";
import { toast } from "@/components/ui/toast";
import { useTranslation } from "@/lib/i18n/i18n";
import { signedOut } from "@/lib/api/client";
import { ApiError, networkProblem } from "@/lib/api/errors";
import type { Config, Problem, StoredFile } from "@/lib/api/types";
import { fileSize } from "@/lib/fileSize";
import { describe } from "@/lib/i18n/problems";
import { newId } from "@/lib/ids";
import { getDraft, setDraft } from "./drafts";
import { forgetHeld, release, sendHeld } from "./held";

/** A file on its way to the server, or one that did not get there. */
export interface Upload {
  id: string;
  name: string;
  progress: number;
  error?: string;
}

type Limits = Config["uploads"];

/** An upload of which nothing has arrived for so many milliseconds has failed. */
export const stalled = 60_000;

/** By thread, as the drafts that they will belong to: they go on while another thread is shown. */
const uploads = new Map<string | null, readonly Upload[]>();
const requests = new Map<string, XMLHttpRequest>();
const listeners = new Set<() => void>();
const none: readonly Upload[] = [];

const uploadsOf = (thread: string | null) => uploads.get(thread) ?? none;
const isBusy = (all: readonly Upload[]) => all.some(({ error }) => error === undefined);

function set(thread: string | null, next: readonly Upload[]): void {
  if (next.length === 0) uploads.delete(thread);
  else uploads.set(thread, next);
  listeners.forEach((listener) => listener());
}

function change(thread: string | null, id: string, next: Partial<Upload>): void {
  set(thread, uploadsOf(thread).map((upload) => (upload.id === id ? { ...upload, ...next } : upload)));
}

function drop(thread: string | null, id: string): void {
  requests.get(id)?.abort();
  requests.delete(id);
  set(thread, uploadsOf(thread).filter((upload) => upload.id !== id));
}

/** By file, when it was chosen: small ones overtake large ones on the way, and keep their place in the draft. */
const chosen = new Map<string, number>();
let count = 0;
const byChoice = (a: StoredFile, b: StoredFile) => (chosen.get(a.id) ?? 0) - (chosen.get(b.id) ?? 0);

/** Those of a person who is not here any more, and what was held for them. */
export function forgetUploads(): void {
  forgetHeld();
  for (const [thread, all] of [...uploads]) for (const { id } of all) drop(thread, id);
}

/** Whether a type such as image/png is among those that may be sent, such as image/*. */
export function accepts(types: readonly string[], type: string): boolean {
  if (types.length === 0) return true;
  const [kind] = type.split("/");
  return types.some((pattern) => pattern === type || pattern === "*/*" || pattern === "*" || pattern === `${kind}/*`);
}

export function useUploads(thread: string | null, limits: Limits | undefined) {
  const { t } = useTranslation("chat");
  const all = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => uploadsOf(thread),
  );

  const add = useCallback(
    (files: Iterable<File>) => {
      if (!limits?.enabled) return;
      /** A question does not go without a file that belongs to it. */
      const keepQuestion = () => release(thread) && toast({ kind: "error", text: t("heldBack") });
      let room = limits.max_files - getDraft(thread).files.length - uploadsOf(thread).filter(({ error }) => error === undefined).length;
      for (const file of files) {
        const id = newId();
        const refused =
          room <= 0 ? t("tooManyFiles", { count: limits.max_files })
          : file.size === 0 ? t("fileEmpty")
          : file.size > limits.max_bytes ? t("fileTooLarge", { size: fileSize(limits.max_bytes) })
          // Browsers know few types; without one the server goes by the name.
          : file.type !== "" && !accepts(limits.types, file.type) ? t("fileType")
          : undefined;
        set(thread, [...uploadsOf(thread), { id, name: file.name, progress: 0, ...(refused === undefined ? {} : { error: refused }) }]);
        if (refused !== undefined) {
          keepQuestion();
          continue;
        }
        room--;
        const place = ++count;
        const request = upload(file, (progress) => change(thread, id, { progress }), (stored) => {
          requests.delete(id);
          drop(thread, id);
          chosen.set(stored.id, place);
          setDraft(thread, { files: [...getDraft(thread).files, stored].sort(byChoice) });
          if (!isBusy(uploadsOf(thread))) sendHeld(thread);
        }, (error) => {
          requests.delete(id);
          change(thread, id, { error: describe(error, t) });
          keepQuestion();
          if (error.status === 401) signedOut();
        });
        requests.set(id, request);
      }
    },
    [limits, thread, t],
  );

  const remove = useCallback(
    (id: string) => {
      release(thread);
      drop(thread, id);
      setDraft(thread, { files: getDraft(thread).files.filter((file) => file.id !== id) });
    },
    [thread],
  );

  return { uploads: all, add, remove, busy: isBusy(all) };
}

/** fetch cannot say how much was sent, so this is an XMLHttpRequest. */
function upload(file: File, onProgress: (part: number) => void, onDone: (file: StoredFile) => void, onError: (error: ApiError) => void): XMLHttpRequest {
  const request = new XMLHttpRequest();
  request.open("POST", `/api/files?name=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("content-type", file.type || "application/octet-stream");
  request.responseType = "json";
  let timer: ReturnType<typeof setTimeout>;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      request.abort();
      onError(new ApiError(networkProblem()));
    }, stalled);
  };
  request.upload.onprogress = ({ loaded, total }) => {
    wait();
    onProgress(total > 0 ? loaded / total : 0);
  };
  request.onloadend = () => clearTimeout(timer);
  request.onerror = () => onError(new ApiError(networkProblem()));
  request.onload = () => {
    if (request.status === 201 && request.response !== null) return onDone(request.response as StoredFile);
    const problem = request.response as Problem | null;
    onError(new ApiError(problem ?? { ...networkProblem(), status: request.status, code: `http_${request.status}` }));
  };
  wait();
  request.send(file);
  return request;
}
