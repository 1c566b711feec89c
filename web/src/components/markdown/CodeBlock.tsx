import type { RootContent } from "hast";
import { memo, useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Caret } from "./Caret";
import { codeChunks } from "./code-chunks";
import { CopyButton } from "./CopyButton";
import type * as Engine from "./highlight";
import { whenIdle } from "./idle";
import { grammarOf, languageTitle } from "./languages";

interface Props {
  code: string;
  language: string | null;
  /** More of it is being written. */
  open: boolean;
  caret?: boolean;
  actions?: ReactNode;
}

export function CodeBlock({ code, language, open, caret = false, actions }: Props) {
  const { t } = useTranslation("markdown");
  const chunks = codeChunks(code, open);
  const title = languageTitle(language);
  const Piece = chunks.length > manyChunks ? ChunkInView : Chunk;
  return (
    <figure className="md-code md-wide">
      <figcaption>
        <span>{title || t("code")}</span>
        <span className="md-tools">
          {actions}
          <CopyButton label={t("copyCode")} text={() => code} />
        </span>
      </figcaption>
      {/* Long lines scroll, so the keyboard must be able to reach them. */}
      <pre tabIndex={0} role="group" aria-label={title ? t("codeIn", { language: title }) : t("code")}>
        <code>
          {chunks.map((chunk, index) => (
            <Piece key={index} code={chunk} grammar={grammarOf(language)} live={open && index === chunks.length - 1} />
          ))}
          {caret && <Caret />}
        </code>
      </pre>
    </figure>
  );
}

const Chunk = memo(function Chunk({ code, grammar, live }: { code: string; grammar: string | null; live: boolean }) {
  const coloured = useColours(code, grammar, live);
  if (!coloured || !code.startsWith(coloured.code)) return code;
  return (
    <>
      {elements(coloured.nodes)}
      {code.slice(coloured.code.length)}
    </>
  );
});

/** More pieces than this are coloured only where they are looked at: all of them would be tens of thousands of elements. */
const manyChunks = 20;

function ChunkInView({ grammar, ...chunk }: { code: string; grammar: string | null; live: boolean }) {
  const place = useRef<HTMLSpanElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (seen || !place.current) return;
    const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && setSeen(true));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [seen]);
  return (
    <span ref={place}>
      <Chunk grammar={seen ? grammar : null} {...chunk} />
    </span>
  );
}

interface Coloured {
  code: string;
  nodes: readonly RootContent[];
}

let engine: typeof Engine | undefined;

/** How often growing code is coloured again, in milliseconds; what is newer stays plain until then. */
const liveInterval = 200;

/** The newest colours there are for `code`: perhaps those of its beginning. */
function useColours(code: string, grammar: string | null, live: boolean): Coloured | null {
  const [coloured, setColoured] = useState<Coloured | null>(() => {
    const nodes = grammar === null ? undefined : engine?.cachedHighlight(grammar, code);
    return nodes ? { code, nodes } : null;
  });
  const latest = useRef({ code, live });
  const timer = useRef<{ cancel: () => void } | null>(null);

  useEffect(() => {
    latest.current = { code, live };
    if (grammar === null || timer.current || coloured?.code === code) return;
    let cancelled = false;
    let cancelIdle = () => undefined as void;
    const run = async () => {
      engine = await import("./highlight");
      await engine.ready(grammar);
      if (cancelled) return;
      cancelIdle = whenIdle(() => {
        timer.current = null;
        const now = latest.current;
        setColoured({ code: now.code, nodes: engine?.highlight(grammar, now.code, !now.live) ?? [] });
      });
    };
    // A grammar that cannot be loaded leaves the code plain; the next change tries again.
    const id = setTimeout(() => void run().catch(() => (timer.current = null)), live ? liveInterval : 0);
    timer.current = {
      cancel: () => {
        cancelled = true;
        clearTimeout(id);
        cancelIdle();
      },
    };
  }, [code, grammar, live, coloured]);

  useEffect(
    () => () => {
      timer.current?.cancel();
      timer.current = null;
    },
    [grammar],
  );
  return grammar === null ? null : coloured;
}

function elements(nodes: readonly RootContent[]): ReactNode[] {
  return nodes.map((node, index) => {
    if (node.type === "text") return node.value;
    if (node.type !== "element") return null;
    const names = node.properties.className;
    return (
      <span key={index} className={Array.isArray(names) ? names.join(" ") : ""}>
        {elements(node.children)}
      </span>
    );
  });
}
