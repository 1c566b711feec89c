/** What the page asks the diagram frame for. */
export interface DiagramRequest {
  id: number;
  source: string;
  dark: boolean;
}

export type DiagramReply =
  | { type: "ready" }
  | { type: "drawn"; id: number; svg: string; width: number; height: number }
  | { type: "failed"; id: number; reason: string };

export interface Drawing {
  /** An object URL of the image; it lives as long as the drawing is among those remembered. */
  url: string;
  width: number;
  height: number;
}

const longestSource = 20_000;
const largestSvg = 2_000_000;
const patience = 15_000;

/** Diagrams drawn before, by theme and source; those asked for last come last. */
const cache = new Map<string, Promise<Drawing>>();
/** Those of them that are there, with an image that keeps each ready to be shown at once. */
const ready = new Map<string, { drawing: Drawing; image: HTMLImageElement }>();
const cacheSize = 100;

let frame: Promise<HTMLIFrameElement> | undefined;
let nextId = 1;

/**
 * Draws a Mermaid diagram in a frame that has neither an origin nor a network, and returns it as an
 * image. A drawing that takes too long ends the frame; the next one gets a new frame.
 */
export function drawDiagram(source: string, dark: boolean): Promise<Drawing> {
  const key = keyOf(source, dark);
  const known = cache.get(key);
  if (known) {
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  const drawing = draw(source, dark);
  cache.set(key, drawing);
  // Let go of while it was drawn, it is not remembered, and its place may be another's.
  const isRemembered = () => cache.get(key) === drawing;
  drawing.then(
    (drawn) => {
      if (!isRemembered()) return;
      const image = new Image();
      image.src = drawn.url;
      ready.set(key, { drawing: drawn, image });
    },
    () => isRemembered() && cache.delete(key),
  );
  for (const [oldest, old] of cache) {
    if (cache.size <= cacheSize) break;
    cache.delete(oldest);
    ready.delete(oldest);
    old.then(({ url }) => URL.revokeObjectURL(url)).catch(() => undefined);
  }
  return drawing;
}

/** What was drawn before, without waiting: paper does not wait either. */
export function drawnDiagram(source: string, dark: boolean): Drawing | undefined {
  return ready.get(keyOf(source, dark))?.drawing;
}

const keyOf = (source: string, dark: boolean) => `${dark ? "dark" : "light"}\n${source}`;

/**
 * `source` without what Mermaid would turn into markup, settings or requests: the frame refuses those too, but what is not
 * tried needs no refusing.
 */
function tame(source: string): string {
  if (/@\{[^}]*\bimg\s*:/i.test(source)) throw new Error("images are not drawn");
  return source
    .replace(/^\s*---\n[\s\S]*?\n---\n/, (head) => (/config/i.test(head) ? "" : head))
    .replace(/%%\{[\s\S]*?\}%%/g, "")
    // A picture cannot be clicked.
    .replace(/^[ \t]*(?:click|callback|links?)[ \t]+\w[^\n]*$/gim, "")
    .replace(/<(?=[a-z/!?])(?!br\s*\/?>)/gi, "#lt;")
    .replace(/url\s*\(/gi, "url ");
}

async function draw(written: string, dark: boolean): Promise<Drawing> {
  if (written.length > longestSource) throw new Error(`longer than ${longestSource} characters`);
  const source = tame(written);
  const mine = (frame ??= openFrame());
  // A newer frame may have taken its place meanwhile, and stays.
  const giveUp = () => {
    if (frame === mine) frame = undefined;
  };
  const request: DiagramRequest = { id: nextId++, source, dark };
  const element = await mine.catch((error: unknown) => {
    giveUp();
    throw error;
  });
  const reply = waitFor(element, (answer) => answer.type !== "ready" && answer.id === request.id);
  // The frame has no origin that could be named.
  element.contentWindow?.postMessage(request, "*");
  const answer = await reply.catch((error: unknown) => {
    element.remove();
    giveUp();
    throw error;
  });
  if (answer.type !== "drawn") throw new Error(answer.type === "failed" ? answer.reason : "no drawing");
  if (answer.svg.length > largestSvg) throw new Error("the drawing is too large");
  const url = URL.createObjectURL(new Blob([answer.svg], { type: "image/svg+xml" }));
  return { url, width: answer.width, height: answer.height };
}

async function openFrame(): Promise<HTMLIFrameElement> {
  const element = document.createElement("iframe");
  element.setAttribute("sandbox", "allow-scripts");
  element.setAttribute("aria-hidden", "true");
  element.tabIndex = -1;
  element.title = "";
  element.className = "md-frame";
  // What the server's policy for the frame has to name; behind a proxy that hides it the server does not know it.
  element.src = `/mermaid-frame.html?host=${encodeURIComponent(location.host)}`;
  const ready = waitFor(element, (answer) => answer.type === "ready");
  document.body.append(element);
  try {
    await ready;
  } catch (error) {
    element.remove();
    throw error;
  }
  return element;
}

function waitFor(element: HTMLIFrameElement, wanted: (answer: DiagramReply) => boolean): Promise<DiagramReply> {
  return new Promise((resolve, reject) => {
    const stop = (finish: () => void) => {
      clearTimeout(timer);
      removeEventListener("message", listen);
      finish();
    };
    const listen = (event: MessageEvent) => {
      if (event.source !== element.contentWindow || !isReply(event.data)) return;
      const answer = event.data;
      if (wanted(answer)) stop(() => resolve(answer));
    };
    const timer = setTimeout(() => stop(() => reject(new Error("the drawing took too long"))), patience);
    addEventListener("message", listen);
  });
}

/** The frame runs code that reads what a model wrote: nothing it says is taken on trust. */
function isReply(value: unknown): value is DiagramReply {
  if (typeof value !== "object" || value === null || !("type" in value)) return false;
  const { type, id, svg, width, height, reason } = value as Record<string, unknown>;
  if (type === "ready") return true;
  if (typeof id !== "number") return false;
  if (type === "failed") return typeof reason === "string";
  return type === "drawn" && typeof svg === "string" && isLength(width) && isLength(height);
}

const isLength = (value: unknown) => typeof value === "number" && value > 0 && value < 100_000;
