/** Paragraphs as they are. */
export const Markdown = ({ text }: { text: string; streaming: boolean; lang?: string }) => <div className="whitespace-pre-wrap">{text}</div>;
