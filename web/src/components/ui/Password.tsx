import { useState, type ComponentProps } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { IconButton } from "./Button";
import { TextInput } from "./Field";

/** A password field that can be shown, so that nobody has to type it twice. */
export function PasswordInput({ shownAtFirst = false, ...props }: Omit<ComponentProps<typeof TextInput>, "type"> & { shownAtFirst?: boolean }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(shownAtFirst);
  return (
    <div className="relative">
      <TextInput type={shown ? "text" : "password"} autoCapitalize="none" autoCorrect="off" spellCheck={false} className="pe-11" {...props} />
      <IconButton className="absolute end-0 top-0" icon={shown ? "eyeOff" : "eye"} label={t(shown ? "hidePassword" : "showPassword")} aria-pressed={shown} onClick={() => setShown(!shown)} />
    </div>
  );
}
