import { beforeEach, expect, it, vi } from "vitest";
import { drawDiagram, drawnDiagram, type DiagramReply, type DiagramRequest } from "./diagram-frame";

const silent = new Set<string>();
/** Draws what is `late` and was asked for. */
const drawLate: (() => void)[] = [];
const late = new Set<string>();
const revoked: string[] = [];

/** What stands in for the frame's own page: it draws whatever it is sent, but for what is `silent`. */
function play(frame: HTMLIFrameElement): void {
  const page = frame.contentWindow;
  if (!page) throw new Error("the frame is not in the document");
  const say = (data: DiagramReply) => dispatchEvent(new MessageEvent("message", { data, source: page }));
  page.postMessage = (request: DiagramRequest) => {
    const draw = () => say({ type: "drawn", id: request.id, svg: "<svg/>", width: 1, height: 1 });
    if (late.has(request.source)) drawLate.push(draw);
    else if (!silent.has(request.source)) queueMicrotask(draw);
  };
  queueMicrotask(() => say({ type: "ready" }));
}

beforeEach(() => {
  let made = 0;
  vi.stubGlobal("URL", Object.assign(class extends URL {}, { createObjectURL: () => `blob:${++made}`, revokeObjectURL: (url: string) => revoked.push(url) }));
  const append = document.body.append.bind(document.body);
  vi.spyOn(document.body, "append").mockImplementation((...nodes) => {
    append(...nodes);
    for (const node of nodes) if (node instanceof HTMLIFrameElement) queueMicrotask(() => play(node));
  });
});

it("lets go of the drawing that was asked for longest ago, once there are more than a hundred", async () => {
  const first = await drawDiagram("graph 0", false);
  const second = await drawDiagram("graph 1", false);
  for (let count = 2; count < 100; count++) await drawDiagram(`graph ${count}`, false);
  expect(await drawDiagram("graph 0", false), "drawn once").toBe(first);
  expect(revoked).toEqual([]);
  await drawDiagram("graph 100", false);
  await Promise.resolve();
  expect(revoked).toEqual([second.url]);
});

/** Asks for so many that what was asked for before is let go of. */
async function drawOthers(name: string): Promise<void> {
  for (let count = 0; count < 100; count++) await drawDiagram(`graph ${name} ${count}`, false);
}

it("does not remember an image that was let go of while it was drawn", async () => {
  late.add("graph late");
  const drawing = drawDiagram("graph late", false);
  await drawOthers("after late");
  for (const draw of drawLate) draw();
  const { url } = await drawing;
  await Promise.resolve();
  expect(revoked).toContain(url);
  expect(drawnDiagram("graph late", false)).toBeUndefined();
});

it("keeps a drawing when an earlier one of the same source, let go of meanwhile, fails", async () => {
  vi.useFakeTimers();
  silent.add("graph again");
  const failing = drawDiagram("graph again", false);
  failing.catch(() => undefined);
  await drawOthers("after again");
  silent.delete("graph again");
  const drawn = await drawDiagram("graph again", false);
  await vi.advanceTimersByTimeAsync(16_000);
  await expect(failing).rejects.toThrow("too long");
  expect(await drawDiagram("graph again", false), "drawn once").toBe(drawn);
  vi.useRealTimers();
});

it("tells the frame's policy by which name the page is reached", async () => {
  await drawDiagram("graph TD", false);
  const frame = document.querySelector("iframe");
  expect(frame?.getAttribute("src")).toBe(`/mermaid-frame.html?host=${encodeURIComponent(location.host)}`);
  expect(frame?.getAttribute("sandbox")).toBe("allow-scripts");
});

it("keeps a newer frame when a drawing of an older one takes too long", async () => {
  vi.useFakeTimers();
  silent.add("slow").add("slower");
  const slow = drawDiagram("slow", true);
  slow.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(10_000);
  const slower = drawDiagram("slower", true);
  slower.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(6_000);
  await expect(slow).rejects.toThrow("too long");
  await drawDiagram("graph new", true);
  await vi.advanceTimersByTimeAsync(10_000);
  await expect(slower).rejects.toThrow("too long");
  const frames = document.querySelectorAll("iframe").length;
  await drawDiagram("graph newest", true);
  expect(document.querySelectorAll("iframe")).toHaveLength(frames);
  vi.useRealTimers();
});
