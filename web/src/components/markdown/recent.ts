import type { MarkdownDocument } from "./document";

/** Finished texts parsed before, the newest last: a message that scrolls back into view costs nothing. */
const documents = new Map<string, MarkdownDocument>();
const most = 200;
const longest = 50_000;

export function recall(text: string, streaming: boolean): MarkdownDocument | undefined {
  return streaming ? undefined : documents.get(text);
}

export function remember(document: MarkdownDocument): void {
  if (document.streaming || document.text.length > longest) return;
  documents.delete(document.text);
  documents.set(document.text, document);
  const oldest = documents.keys().next();
  if (documents.size > most && !oldest.done) documents.delete(oldest.value);
}
