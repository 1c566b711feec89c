import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import "@/app/theme.css";
import "@/lib/i18n/i18n";
import { Providers } from "@/app/providers";
import { Markdown } from "@/components/markdown";

const samples = import.meta.glob<string>("./*.md", { eager: true, query: "?raw", import: "default" });

/** Markdown on a page of its own: `?sample=name`, `?rate=characters per second` to see it written. */
function Gallery() {
  const query = new URLSearchParams(location.search);
  const text = samples[`./${query.get("sample") ?? "ja"}.md`] ?? "";
  const rate = Number(query.get("rate") ?? 0);
  const until = Number(query.get("until") ?? text.length);
  const [length, setLength] = useState(rate > 0 ? 0 : until);
  useEffect(() => {
    if (rate <= 0) return;
    const start = performance.now();
    let id = requestAnimationFrame(function tick() {
      const next = Math.min(until, Math.floor(((performance.now() - start) / 1000) * rate));
      setLength(next);
      if (next < until) id = requestAnimationFrame(tick);
    });
    return () => cancelAnimationFrame(id);
  }, [rate, until]);
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
