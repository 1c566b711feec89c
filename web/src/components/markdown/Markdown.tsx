import { memo, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { advance, emptyDocument, withPlainLineEnds, type Block, type MarkdownDocument } from "./document";
import { Flow } from "./Flow";
import { whenIdle } from "./idle";
import { Surroundings } from "./Inline";
import { recall, remember } from "./recent";
import "./texts";
import "./markdown.css";

export interface MarkdownProps {
  text: string;
  /** The text may break off anywhere: what is open at its end is shown as it would have become. */
  streaming: boolean;
  /** More of it will come, and a caret says so; left out, it does while `streaming`. */
  caret?: boolean;
  /** The language of the text, by which the browser breaks its lines. */
  lang?: string;
}

/** A text in Markdown. While it grows only its last block is parsed and drawn again. */
export function Markdown({ text, streaming, caret = streaming, lang }: MarkdownProps) {
  const { settled, tail, definitions } = useDocument(withPlainLineEnds(text), streaming);
  const footnotes = useId();
  const { urls } = definitions;
  const surroundings = useMemo(() => ({ urls, footnotes }), [urls, footnotes]);
  const blocks = [...settled, ...tail];
  return (
    <Surroundings value={surroundings}>
      <div className="md" lang={lang}>
        {blocks.map((block, index) => (
          <BlockView key={block.start} block={block} caret={caret && index === blocks.length - 1} />
        ))}
      </div>
    </Surroundings>
  );
}

const BlockView = memo(function BlockView({ block, caret }: { block: Block; caret: boolean }) {
  return <Flow node={block.node} caret={caret} />;
});

/** Parsing and drawing take at most this share of the time: a block that costs 9 ms is drawn every 30 ms. */
const share = 0.3;

/** The parsed text: its newest part now, a long text's rest in the pauses of the page. */
function useDocument(text: string, streaming: boolean): MarkdownDocument {
  const [document, setDocument] = useState(() => recall(text, streaming) ?? advance(emptyDocument, text, streaming));
  const current = useRef(document);
  const began = useRef(Infinity);
  const restUntil = useRef(0);

  useLayoutEffect(() => {
    const parse = () => {
      began.current = performance.now();
      current.current = advance(current.current, text, streaming);
      setDocument(current.current);
    };
    const wait = restUntil.current - performance.now();
    if (!streaming || wait <= 4) return parse();
    const id = setTimeout(parse, wait);
    return () => clearTimeout(id);
  }, [text, streaming]);

  useLayoutEffect(() => {
    const now = performance.now();
    restUntil.current = now + (now - began.current) * (1 / share - 1);
  }, [document]);

  useEffect(() => {
    if (document !== current.current) return;
    if (document.text === text && document.streaming === streaming) return remember(document);
    if (!text.startsWith(document.text)) return;
    return whenIdle(() => {
      current.current = advance(current.current, text, streaming);
      setDocument(current.current);
    });
  }, [document, text, streaming]);

  return document;
}
