import { fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { expect, it, vi } from "vitest";
import { setLanguage } from "@/lib/i18n/i18n";
import type { Typed } from "@/components/ui/LimitedSettings";
import type { ThreadSettings } from "@/lib/api/types";
import { ParametersPanel } from "./ParametersPanel";

function Panel({ onChange, settings = { model: "a/b" } }: { onChange: (settings: ThreadSettings) => void; settings?: ThreadSettings }) {
  const [typed, setTyped] = useState<Typed>({});
  return <ParametersPanel settings={settings} onChange={onChange} typed={typed} onTyped={setTyped} />;
}

function write(text: string) {
  setLanguage("en");
  const onChange = vi.fn();
  const shown = render(<Panel onChange={onChange} />);
  fireEvent.change(screen.getByLabelText("System prompt"), { target: { value: text } });
  expect(onChange).not.toHaveBeenCalled();
  return { ...shown, onChange };
}

it("saves what was just written when it closes", () => {
  const { unmount, onChange } = write("Be short.");
  unmount();
  expect(onChange).toHaveBeenCalledExactlyOnceWith({ model: "a/b", system_prompt: "Be short." });
});

it("saves what was just written when the person turns to something else, and only once", () => {
  const { unmount, onChange } = write("Be short.");
  fireEvent.blur(screen.getByLabelText("System prompt"));
  expect(onChange).toHaveBeenCalledExactlyOnceWith({ model: "a/b", system_prompt: "Be short." });
  unmount();
  expect(onChange).toHaveBeenCalledOnce();
});

it("keeps a system prompt that is too long, says so beside it, and sends nothing of it", () => {
  const long = "あ".repeat(12_000);
  const { onChange } = write(long);
  const field = screen.getByLabelText<HTMLTextAreaElement>("System prompt");
  expect(field.value).toBe(long);
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByRole("alert").textContent).toMatch(/at most 32 KB .*This one has 35 KB/);
  fireEvent.blur(field);
  for (const [sent] of onChange.mock.calls) expect(sent).toEqual({ model: "a/b" });
  fireEvent.change(field, { target: { value: "Be short." } });
  fireEvent.blur(field);
  expect(screen.queryByRole("alert")).toBeNull();
  expect(onChange).toHaveBeenLastCalledWith({ model: "a/b", system_prompt: "Be short." });
});

it.each(["0", "-5", "abc", "1.5", "999999999999"])("keeps %s as a limit of tokens, says what is expected, and goes on with the one before", (text) => {
  setLanguage("en");
  const onChange = vi.fn();
  render(<Panel onChange={onChange} settings={{ max_tokens: 9 }} />);
  const field = screen.getByLabelText<HTMLInputElement>("Max tokens");
  fireEvent.change(field, { target: { value: text } });
  fireEvent.blur(field);
  expect(field.value).toBe(text);
  expect(screen.getByRole("alert").textContent).toMatch(/from 1 to 10,000,000/);
  for (const [sent] of onChange.mock.calls) expect(sent).toEqual({ max_tokens: 9 });
});
