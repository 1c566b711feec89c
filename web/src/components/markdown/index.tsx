import { lazy, Suspense } from "react";
import { plainText } from "@/lib/plain";
import type { MarkdownProps } from "./Markdown";

// On its way as soon as the page's code runs, beside it rather than in it.
const loading = import("./Markdown");
const Loaded = lazy(async () => ({ default: (await loading).Markdown }));

/** A text in Markdown; without its signs for the moment until its parser is here. */
export function Markdown(props: MarkdownProps) {
  return (
    <Suspense fallback={<div className="whitespace-pre-wrap" lang={props.lang}>{plainText(props.text)}</div>}>
      <Loaded {...props} />
    </Suspense>
  );
}
