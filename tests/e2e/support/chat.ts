import { expect, type Locator, type Page } from "@playwright/test";

/** The chat as a person knows it: by names and roles, in either language. */
export class Chat {
  readonly composer: Locator;
  readonly questions: Locator;
  readonly answers: Locator;
  readonly stop: Locator;

  constructor(readonly page: Page) {
    this.composer = page.getByRole("textbox", { name: /^(メッセージ|Message)$/ });
    this.questions = page.getByRole("article", { name: /^(あなた|You)$/ });
    this.answers = page.getByRole("article", { name: /^(回答|Answer)$/ });
    this.stop = page.getByRole("button", { name: /^(停止|Stop)$/ });
  }

  async open(thread: string): Promise<void> {
    await this.page.goto(`/t/${thread}`);
    await expect(this.composer).toBeVisible();
  }

  async ask(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
    await expect(this.questions.last()).toContainText(text);
  }

  /** Waits for the newest answer to end. */
  async ended(timeout = 30_000): Promise<void> {
    await expect(this.answers.last()).toHaveAttribute("aria-busy", "false", { timeout });
  }

  /** The text of the newest answer as it is shown, in one line. */
  async shown(): Promise<string> {
    return oneLine(await this.answers.last().locator(textOfAnswer).innerText());
  }

  /** Waits until the newest answer shows this text: a long one is drawn a moment after its end is told. */
  async shows(text: string): Promise<void> {
    await expect.poll(() => this.shown()).toBe(text);
  }

  /** The thread of the address. */
  thread(): string {
    return new URL(this.page.url()).pathname.replace("/t/", "");
  }
}

/** The rendered Markdown of an answer, without its steps, state and buttons. */
export const textOfAnswer = ".md";

export const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();
