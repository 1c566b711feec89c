import { useState, type ComponentProps } from "react";
import { IconButton } from "./Button";
import { TextInput } from "./Field";

/** A password field that can be shown, so that nobody has to type it twice. */
export function PasswordInput({ showLabel, hideLabel, ...rest }: Omit<ComponentProps<typeof TextInput>, "type"> & { showLabel: string; hideLabel: string }) {
  const [shown, setShown] = useState(false);
  return (
    <div className="relative">
      <TextInput type={shown ? "text" : "password"} autoCapitalize="none" autoCorrect="off" spellCheck={false} className="pe-11" {...rest} />
      <IconButton className="absolute end-0 top-0" icon={shown ? "eyeOff" : "eye"} label={shown ? hideLabel : showLabel} aria-pressed={shown} onClick={() => setShown(!shown)} />
    </div>
  );
}
