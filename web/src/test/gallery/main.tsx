import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import "@/app/theme.css";
import "@/lib/i18n/i18n";
import { Providers } from "@/app/providers";
import { Markdown } from "@/components/markdown";

const samples = import.meta.glob<string>("./*.md", { eager: true, query: "?raw", import: "default" });

/** Long answers of one kind, about what 2,000 tokens are. */
const long: Record<string, string> = {
  "long-ja": Array.from({ length: 12 }, () => samples["./ja.md"] ?? "").join("\n").slice(0, 8000),
  "long-code": `\`\`\`ts\n${"export function add(a: number, b: number): number {\n  // 足し算\n  return a + b;\n}\n\n".repeat(110)}`.slice(0, 8000),
  "long-list": "1. **項目**の説明をここに書きます。`code` と [リンク](https://example.com) もあります。\n   - 補足の説明\n".repeat(120).slice(0, 8000),
  "long-table": `| 名前 | 値 | 説明 |\n|---|--:|---|\n${"| **項目** | 1,234 | この行の説明をここに書きます |\n".repeat(250)}`.slice(0, 8000),
};

/**
 * Markdown on a page of its own: `?sample=name`, `until` to cut it, `rate` characters a second to see it written, `wait`
 * to begin at the event "start". The event "show" replaces the text by its detail.
 */
function Gallery() {
  const query = new URLSearchParams(location.search);
  const sample = query.get("sample") ?? "ja";
  const [text, setText] = useState(long[sample] ?? samples[`./${sample}.md`] ?? "");
  const rate = Number(query.get("rate") ?? 0);
  const wait = query.has("wait");
  const [until, setUntil] = useState(Number(query.get("until") ?? text.length));
  const [length, setLength] = useState(rate > 0 ? 0 : until);
  useEffect(() => {
    const show = (event: Event) => {
      const shown = String((event as CustomEvent).detail);
      setText(shown);
      setUntil(shown.length);
      setLength(shown.length);
    };
    document.addEventListener("show", show);
    return () => document.removeEventListener("show", show);
  }, []);
  useEffect(() => {
    if (rate <= 0) return;
    let id = 0;
    const begin = () => {
      const start = performance.now();
      id = requestAnimationFrame(function tick() {
        const next = Math.min(until, Math.floor(((performance.now() - start) / 1000) * rate));
        setLength(next);
        if (next < until) id = requestAnimationFrame(tick);
      });
    };
    if (wait) document.addEventListener("start", begin);
    else begin();
    return () => {
      cancelAnimationFrame(id);
      document.removeEventListener("start", begin);
    };
  }, [rate, until, wait]);
  return (
    <main className="@container">
      <div className="mx-auto max-w-[760px] px-4 py-6">
        <Markdown text={text.slice(0, length)} streaming={length < text.length} lang={query.get("lang") ?? "ja"} />
      </div>
    </main>
  );
}

const root = document.getElementById("root");
if (root) createRoot(root).render(<StrictMode><Providers><Gallery /></Providers></StrictMode>);
