import { useEffect, useReducer, useRef, type RefObject } from "react";

const wrong = "[aria-invalid=true]";

/** The sending of a form: `error` is what it was refused with, until `reset`. */
interface Sending {
  error: unknown;
  reset: () => void;
}

/**
 * Of a form: brings the focus to the first field that is said to be wrong, whenever `look` was called, and when a refusal
 * comes unless the focus has moved on since the form was sent. Details that hold such a field open. One of a password is
 * marked as a whole, to be written anew. A refusal is forgotten once such a field is changed.
 */
export function useFirstWrong({ error, reset }: Sending): { form: RefObject<HTMLFormElement | null>; look: () => void } {
  const form = useRef<HTMLFormElement>(null);
  const sentFrom = useRef<Element | null>(null);
  const [asked, look] = useReducer((count: number) => count + 1, 0);

  useEffect(() => {
    const onSubmit = ({ target }: Event) => {
      if (target === form.current) sentFrom.current = document.activeElement;
    };
    document.addEventListener("submit", onSubmit, true);
    return () => document.removeEventListener("submit", onSubmit, true);
  }, []);

  useEffect(() => {
    if (!error) return;
    const onChange = ({ target }: Event) => {
      if (target instanceof Element && form.current?.contains(target) && target.matches(wrong)) reset();
    };
    document.addEventListener("input", onChange);
    document.addEventListener("change", onChange);
    return () => {
      document.removeEventListener("input", onChange);
      document.removeEventListener("change", onChange);
    };
  }, [error, reset]);

  useEffect(() => {
    if (asked > 0) show(form.current)?.();
  }, [asked]);

  useEffect(() => {
    if (!error) return;
    const focus = show(form.current);
    const at = document.activeElement ?? document.body;
    const stayed = at === document.body || at === sentFrom.current || (at.matches("[type=submit]") && form.current?.contains(at));
    if (stayed) focus?.();
  }, [error]);

  return { form, look };
}

/** Opens what hides a wrong field; the result brings the focus to the first one. */
function show(form: HTMLFormElement | null): (() => void) | undefined {
  const fields = [...(form?.querySelectorAll<HTMLElement>(wrong) ?? [])];
  for (const field of fields) {
    const details = field.closest("details");
    if (details) details.open = true;
  }
  const [first] = fields;
  if (!first) return;
  return () => {
    first.focus();
    if (first instanceof HTMLInputElement && first.autocomplete.endsWith("password")) first.select();
  };
}
