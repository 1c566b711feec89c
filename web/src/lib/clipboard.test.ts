import { afterEach, expect, it, vi } from "vitest";
import { copyPromised } from "./clipboard";

class Item {
  constructor(readonly parts: Record<string, Promise<Blob>>) {}
}

/** A clipboard that, as WebKit's, takes something only in the task of a click. */
function clipboard() {
  let clicked = true;
  let held = "";
  const write = async ([item]: Item[]) => {
    if (!clicked) throw new DOMException("too late", "NotAllowedError");
    held = await (await item?.parts["text/plain"])?.text() ?? "";
  };
  vi.stubGlobal("ClipboardItem", Item);
  vi.stubGlobal("navigator", { clipboard: { write, writeText: (text: string) => write([new Item({ "text/plain": Promise.resolve(new Blob([text])) })]) } });
  return { held: () => held, afterClick: () => (clicked = false) };
}

afterEach(() => vi.unstubAllGlobals());

it("copies a text that comes after the click", async () => {
  const { held, afterClick } = clipboard();
  let arrive: (text: string) => void = () => undefined;
  const copying = copyPromised(new Promise((resolve) => (arrive = resolve)));
  afterClick();
  arrive("# 会話");
  await copying;
  expect(held()).toBe("# 会話");
});

it("says why the text did not come", async () => {
  clipboard();
  await expect(copyPromised(Promise.reject(new Error("no network")))).rejects.toThrow("no network");
});

it("waits for the text where nothing can be promised", async () => {
  const { held } = clipboard();
  vi.stubGlobal("ClipboardItem", undefined);
  await copyPromised(Promise.resolve("plain"));
  expect(held()).toBe("plain");
});
