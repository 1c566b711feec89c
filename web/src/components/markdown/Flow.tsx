import type { List, ListItem, RootContent } from "mdast";
import { memo, use, type ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Caret } from "./Caret";
import { CodeBlock } from "./CodeBlock";
import { Diagram } from "./Diagram";
import { Folded } from "./Folded";
import { Formula } from "./Formula";
import { Inline, Surroundings } from "./Inline";
import { TableBlock } from "./TableBlock";

interface Props {
  node: RootContent;
  /** The text is still being written, and this block is its end. */
  caret: boolean;
}

/** One block of Markdown. */
export function Flow({ node, caret }: Props): ReactNode {
  const { footnotes } = use(Surroundings);
  switch (node.type) {
    case "paragraph":
      return <p dir="auto"><Inline nodes={node.children} caret={caret} /></p>;
    case "heading": {
      // The page has its own first two levels.
      const Heading = (["h3", "h4", "h5", "h6", "h6", "h6"] as const)[node.depth - 1] ?? "h6";
      return <Heading dir="auto" className={`md-h${node.depth}`}><Inline nodes={node.children} caret={caret} /></Heading>;
    }
    case "thematicBreak":
      return <hr />;
    case "blockquote":
      return <blockquote dir="auto"><Blocks nodes={node.children} caret={caret} /></blockquote>;
    case "list":
      return <Items list={node} caret={caret} />;
    case "code":
      if (node.lang?.toLowerCase() === "mermaid" && !caret) return <Diagram source={node.value} />;
      return <CodeBlock code={node.value} language={node.lang ?? null} open={caret} caret={caret} />;
    case "math":
      if (!node.closed && !caret) return <p className="md-raw">{node.raw}</p>;
      return <Formula source={node.value} display open={caret} />;
    case "table":
      return <TableBlock table={node} caret={caret} />;
    case "html":
      return (
        <p className="md-raw">
          <Folded text={node.value}>{(text) => text}</Folded>
          {caret && <Caret />}
        </p>
      );
    case "footnoteDefinition":
      return (
        <aside className="md-footnote" id={`${footnotes}${node.identifier}`} tabIndex={-1}>
          <sup>{node.label ?? node.identifier}</sup>
          <div><Blocks nodes={node.children} caret={caret} /></div>
        </aside>
      );
    case "definition":
    case "yaml":
      return null;
    default:
      // Cells, items and text never stand alone in a block.
      return null;
  }
}

export function Blocks({ nodes, caret }: { nodes: readonly RootContent[]; caret: boolean }): ReactNode {
  return nodes.map((node, index) => <Flow key={index} node={node} caret={caret && index === nodes.length - 1} />);
}

function Items({ list, caret }: { list: List; caret: boolean }) {
  const loose = (list.spread ?? false) || list.children.some((item) => item.spread);
  const last = list.children.length - 1;
  const items = list.children.map((item, index) => <Item key={index} item={item} loose={loose} caret={caret && index === last} />);
  const tasks = list.children.some((item) => typeof item.checked === "boolean") ? "md-tasks" : undefined;
  if (list.ordered) return <ol dir="auto" start={list.start ?? 1} className={tasks}>{items}</ol>;
  return <ul dir="auto" className={tasks}>{items}</ul>;
}

/** Kept as it is while the list grows: the items before the last are the same objects. */
const Item = memo(function Item({ item, loose, caret }: { item: ListItem; loose: boolean; caret: boolean }) {
  const { t } = useTranslation("markdown");
  const last = item.children.length - 1;
  return (
    <li>
      {typeof item.checked === "boolean" && (
        <input type="checkbox" checked={item.checked} disabled readOnly aria-label={t(item.checked ? "taskDone" : "taskOpen")} />
      )}
      {item.children.map((child, index) =>
        child.type === "paragraph" && !loose ? (
          <Inline key={index} nodes={child.children} caret={caret && index === last} />
        ) : (
          <Flow key={index} node={child} caret={caret && index === last} />
        ),
      )}
      {caret && last < 0 && <Caret />}
    </li>
  );
});
