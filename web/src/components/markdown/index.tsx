import { Suspense } from "react";
import { later } from "@/components/ui/later";
import { plainText } from "@/lib/plain";
import type { MarkdownProps } from "./Markdown";

const load = () => import("./Markdown");
// On its way as soon as the page's code runs, beside it rather than in it.
const first = load();
first.catch(() => undefined);
let asked = false;

const Loaded = later(
  async () => {
    const loading = asked ? load() : first;
    asked = true;
    return (await loading).Markdown;
  },
  { missing: (_again, props) => <Plain {...props} /> },
);

/** A text in Markdown; without its signs for the moment until its parser is here. */
export function Markdown(props: MarkdownProps) {
  return (
    <Suspense fallback={<Plain {...props} />}>
      <Loaded {...props} />
    </Suspense>
  );
}

function Plain({ text, lang }: MarkdownProps) {
  return <div className="whitespace-pre-wrap" lang={lang}>{plainText(text)}</div>;
}
