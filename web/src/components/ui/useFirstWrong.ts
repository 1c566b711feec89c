import { useEffect, useReducer, useRef, type RefObject } from "react";

/**
 * Of a form: brings the focus to the first field that is said to be wrong, when `refusal` comes and whenever `look` was called.
 * One of a password is marked as a whole, to be written anew.
 */
export function useFirstWrong(refusal: unknown): { form: RefObject<HTMLFormElement | null>; look: () => void } {
  const form = useRef<HTMLFormElement>(null);
  const [asked, look] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (asked === 0 && !refusal) return;
    const field = form.current?.querySelector<HTMLElement>("[aria-invalid=true]");
    field?.focus();
    if (field instanceof HTMLInputElement && field.autocomplete.endsWith("password")) field.select();
  }, [asked, refusal]);
  return { form, look };
}
