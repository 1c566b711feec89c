import { fireEvent, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { setLanguage } from "@/lib/i18n/i18n";
import { ParametersPanel } from "./ParametersPanel";

function write(text: string) {
  setLanguage("en");
  const onChange = vi.fn();
  const shown = render(<ParametersPanel settings={{ model: "a/b" }} onChange={onChange} />);
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
