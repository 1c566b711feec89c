import { describe, expect, it, vi } from "vitest";
import { textKeys } from "./keys";

type Step = ["compositionstart"] | ["compositionend"] | ["keydown", { key: string; keyCode: number; isComposing: boolean }];

/** Plays what a browser fires into a field that listens with `textKeys`; tells how often Enter arrived. */
function play(steps: Step[]): number {
  const onEnter = vi.fn();
  const field = document.createElement("textarea");
  field.addEventListener("keydown", textKeys({ onEnter }));
  for (const [type, init] of steps) {
    field.dispatchEvent(type === "keydown" ? new KeyboardEvent("keydown", { ...init, cancelable: true }) : new CompositionEvent(type));
  }
  return onEnter.mock.calls.length;
}

const enter: Step = ["keydown", { key: "Enter", keyCode: 13, isComposing: false }];

describe("the Enter that confirms a conversion never arrives", () => {
  it.each<[string, Step[]]>([
    ["Chrome", [["compositionstart"], ["keydown", { key: "Process", keyCode: 229, isComposing: true }], ["keydown", { key: "Enter", keyCode: 229, isComposing: true }], ["compositionend"]]],
    ["Safari", [["compositionstart"], ["keydown", { key: "k", keyCode: 229, isComposing: true }], ["compositionend"], ["keydown", { key: "Enter", keyCode: 229, isComposing: false }]]],
    ["Firefox", [["compositionstart"], ["keydown", { key: "Process", keyCode: 229, isComposing: true }], ["keydown", { key: "Enter", keyCode: 13, isComposing: true }], ["compositionend"]]],
    ["WebKitGTK", [["compositionstart"], ["compositionend"], ["compositionend"], ["keydown", { key: "Enter", keyCode: 229, isComposing: false }]]],
  ])("in %s", (_browser, steps) => {
    expect(play(steps)).toBe(0);
    expect(play([...steps, enter])).toBe(1);
  });
});

it("prevents the default only of keys that were taken", () => {
  const taken = new KeyboardEvent("keydown", { key: "Enter", cancelable: true });
  textKeys({ onEnter: () => undefined })(taken);
  expect(taken.defaultPrevented).toBe(true);

  const left = new KeyboardEvent("keydown", { key: "Enter", cancelable: true });
  textKeys({ onEnter: () => false })(left);
  expect(left.defaultPrevented).toBe(false);
});
