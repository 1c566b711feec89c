import type { Image, ImageReference, PhrasingContent } from "mdast";
import { createContext, Fragment, use, type ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Caret } from "./Caret";
import { Folded } from "./Folded";
import { Formula } from "./Formula";
import { plainText } from "./table-text";
import { safeUrl, splitAddresses } from "./url";
import { besideFormulas, isWhole } from "./whole";

const japanese = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** Definitions of links by identifier, and what sets this text's footnotes apart from others'. */
export const Surroundings = createContext<{ urls: ReadonlyMap<string, string>; footnotes: string }>({ urls: new Map(), footnotes: "" });

/** Text with its emphasis, links, code and formulas; `caret` at its end while it is being written. */
export function Inline({ nodes, caret = false }: { nodes: readonly PhrasingContent[]; caret?: boolean }): ReactNode {
  return (
    <>
      {nodes.map((node, index) => {
        if (node.type === "text") return <Text key={index} value={besideFormulas(nodes, index).alone} />;
        const phrase = <Phrase key={index} node={node} open={caret && index === nodes.length - 1} />;
        if (!isWhole(node)) return phrase;
        return (
          <span key={index} className="whitespace-nowrap">
            {besideFormulas(nodes, index - 1).before}
            {phrase}
            {besideFormulas(nodes, index + 1).after}
          </span>
        );
      })}
      {caret && <Caret />}
    </>
  );
}

function Phrase({ node, open }: { node: PhrasingContent; open: boolean }): ReactNode {
  const { urls, footnotes } = use(Surroundings);
  switch (node.type) {
    case "text":
      return <Text value={node.value} />;
    case "strong":
      return <strong><Inline nodes={node.children} /></strong>;
    case "emphasis":
      return <em className={japanese.test(plainText(node)) ? "md-dots" : undefined}><Inline nodes={node.children} /></em>;
    case "delete":
      return <del><Inline nodes={node.children} /></del>;
    case "inlineCode":
      return <code className="md-inline"><Folded text={node.value}>{(text) => text}</Folded></code>;
    case "inlineMath":
      return <Formula source={node.value} display={node.display} open={open} />;
    case "break":
      return <br />;
    case "html":
      return /^<br\s*\/?>$/i.test(node.value) ? <br /> : node.value;
    case "link":
      return <Anchor url={node.url}><Inline nodes={node.children} /></Anchor>;
    case "linkReference":
      return <Anchor url={urls.get(node.identifier) ?? ""}><Inline nodes={node.children} /></Anchor>;
    case "image":
      return <Picture node={node} url={node.url} />;
    case "imageReference":
      return <Picture node={node} url={urls.get(node.identifier) ?? ""} />;
    case "footnoteReference":
      return (
        <sup>
          <a href={`#${footnotes}${node.identifier}`}>{node.label ?? node.identifier}</a>
        </sup>
      );
  }
}

/** Text with its line breaks: what a model puts on a line of its own stays there. */
function Text({ value }: { value: string }): ReactNode {
  return <Folded text={value}>{addresses}</Folded>;
}

function addresses(value: string): ReactNode {
  const parts = value.includes("://") ? splitAddresses(value) : [{ text: value }];
  return parts.map(({ text, url }, index) => (url === undefined ? lines(text) : <Anchor key={index} url={url}>{text}</Anchor>));
}

function lines(text: string): ReactNode {
  if (!text.includes("\n")) return text;
  return text.split("\n").map((line, index) => (
    <Fragment key={index}>
      {index > 0 && <br />}
      {line}
    </Fragment>
  ));
}

const InsideLink = createContext(false);

function Anchor({ url, children }: { url: string; children: ReactNode }) {
  const href = safeUrl(url);
  if (use(InsideLink) || href === null) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>
      <InsideLink value={true}>{children}</InsideLink>
    </a>
  );
}

/** An image from elsewhere is never fetched, since fetching tells its server who reads what: it is a link. */
function Picture({ node, url }: { node: Image | ImageReference; url: string }) {
  const { t } = useTranslation("markdown");
  const alt = (node.alt ?? "").trim();
  return <Anchor url={url}>{t("image", { alt: alt === "" ? t("imageUnnamed") : alt })}</Anchor>;
}
