import type { Locator, Page } from "@playwright/test";
import { Chat } from "../support/chat.ts";
import { expect, makeThread, test } from "../support/fixtures.ts";

/** The events by which each family of browsers confirms a conversion with Enter, after "にほん" was typed into `field`. */
const families: Record<string, (page: Page, field: Locator) => Promise<void>> = {
  "Chromium, by its own input method": async (page, field) => {
    await field.focus();
    const devtools = await page.context().newCDPSession(page);
    for (const text of ["に", "にほ", "にほん", "日本"]) await devtools.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
    const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 229, nativeVirtualKeyCode: 13 };
    await devtools.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...enter });
    await devtools.send("Input.insertText", { text: "日本" });
    await devtools.send("Input.dispatchKeyEvent", { type: "keyUp", ...enter, windowsVirtualKeyCode: 13 });
    await devtools.detach();
  },
  "Safari: the composition ends, then Enter comes with key code 229": (_page, field) =>
    field.evaluate((element: HTMLInputElement | HTMLTextAreaElement) => {
      const { compose, key, write } = window.inputMethod(element);
      compose("compositionstart", "");
      write("日本");
      compose("compositionend", "日本");
      key("keydown", { keyCode: 229, isComposing: false });
      key("keyup", { keyCode: 13, isComposing: false });
    }),
  "Firefox: Enter comes while composing, then the composition ends": (_page, field) =>
    field.evaluate((element: HTMLInputElement | HTMLTextAreaElement) => {
      const { compose, key, write } = window.inputMethod(element);
      compose("compositionstart", "");
      write("日本");
      key("keydown", { keyCode: 229, isComposing: true });
      compose("compositionend", "日本");
      key("keyup", { keyCode: 13, isComposing: false });
    }),
};

declare global {
  interface Window {
    inputMethod: (element: HTMLInputElement | HTMLTextAreaElement) => {
      compose: (type: string, data: string) => void;
      key: (type: string, init: { keyCode: number; isComposing: boolean }) => void;
      write: (text: string) => void;
    };
  }
}

test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    window.inputMethod = (element) => {
      element.focus();
      return {
        compose: (type, data) => void element.dispatchEvent(new CompositionEvent(type, { data, bubbles: true, cancelable: true })),
        key: (type, init) => void element.dispatchEvent(new KeyboardEvent(type, { key: "Enter", code: "Enter", bubbles: true, cancelable: true, ...init })),
        write: (text) => {
          // The element's own setter, as the browser does it: React listens on the property of the instance.
          const proto = element instanceof HTMLTextAreaElement ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype;
          Object.getOwnPropertyDescriptor(proto, "value")?.set?.call(element, text);
          element.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertCompositionText", data: text, isComposing: true }));
        },
      };
    };
  });
});

for (const [family, confirm] of Object.entries(families)) {
  test(`the Enter that confirms never sends (${family})`, async ({ page, person }) => {
    const chat = new Chat(page);
    const thread = await makeThread(person.api, "local/echo", "名前を変える会話");
    await chat.open(thread);

    // The composer.
    await confirm(page, chat.composer);
    await expect(chat.composer).toHaveValue("日本");
    await page.waitForTimeout(200);
    await expect(chat.questions).toHaveCount(0);
    await chat.composer.press("Enter");
    await expect(chat.questions).toHaveCount(1);
    await chat.ended();
    await expect.poll(() => chat.shown()).toBe("日本");

    // An edited question.
    await chat.questions.first().hover();
    await chat.questions.first().getByRole("button", { name: "編集" }).click();
    const editor = page.getByRole("article", { name: "編集" }).getByRole("textbox");
    await editor.fill("");
    await confirm(page, editor);
    await page.waitForTimeout(200);
    await expect(editor).toHaveValue("日本");
    await editor.press("Escape");
    await expect(editor).toBeHidden();

    // The name of a thread.
    await page.locator(`a[href="/t/${thread}"]`).focus();
    await page.keyboard.press("F2");
    const name = page.getByRole("textbox", { name: "会話の名前" });
    await name.fill("");
    await confirm(page, name);
    await page.waitForTimeout(200);
    await expect(name).toHaveValue("日本");
    await name.press("Enter");
    await expect(page.locator(`a[href="/t/${thread}"]`)).toContainText("日本");

    // The search.
    await page.keyboard.press("Control+k");
    const search = page.getByRole("combobox", { name: "会話とメッセージを検索" });
    await confirm(page, search);
    await expect(page.getByRole("option").first()).toBeVisible();
    await page.waitForTimeout(200);
    await expect(search).toHaveValue("日本");
  });
}

test("Shift+Enter breaks the line", async ({ page, person }) => {
  const chat = new Chat(page);
  await chat.open(await makeThread(person.api, "local/echo"));
  await chat.composer.pressSequentially("一行目");
  await chat.composer.press("Shift+Enter");
  await chat.composer.pressSequentially("二行目");
  await expect(chat.composer).toHaveValue("一行目\n二行目");
  await expect(chat.questions).toHaveCount(0);
});
