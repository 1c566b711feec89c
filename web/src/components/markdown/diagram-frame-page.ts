import mermaid from "mermaid";
import type { DiagramReply, DiagramRequest } from "./diagram-frame";

// Runs alone in a sandboxed frame: no origin, no cookies, no network beyond its own scripts.
const page = window.parent;
const reply = (answer: DiagramReply) => page.postMessage(answer, "*");

let queue: Promise<void> = Promise.resolve();
addEventListener("message", (event: MessageEvent<DiagramRequest>) => {
  if (event.source === page) queue = queue.then(() => draw(event.data));
});

async function draw({ id, source, dark }: DiagramRequest): Promise<void> {
  try {
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      theme: dark ? "dark" : "neutral",
      htmlLabels: false,
      flowchart: { htmlLabels: false },
      fontFamily: 'system-ui, "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", Meiryo, sans-serif',
      maxTextSize: 20_000,
      suppressErrorRendering: true,
    });
    const { svg } = await mermaid.render(`diagram${id}`, source);
    reply({ type: "drawn", id, ...sized(svg) });
  } catch (error) {
    reply({ type: "failed", id, reason: error instanceof Error ? error.message : String(error) });
  } finally {
    document.body.replaceChildren();
  }
}

/** An image needs its size in pixels; Mermaid gives it as a share of its surroundings. */
function sized(text: string): { svg: string; width: number; height: number } {
  const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const [, , width = 0, height = 0] = (svg.getAttribute("viewBox") ?? "").split(/[\s,]+/).map(Number);
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
  svg.removeAttribute("style");
  return { svg: new XMLSerializer().serializeToString(svg), width, height };
}

reply({ type: "ready" });
