import { useState } from "react";
import { useCommand } from "@/lib/commands";
import { setPreference, usePreferences } from "@/lib/preferences";
import { navigate } from "@/lib/router";
import { KeyboardHelp } from "./KeyboardHelp";
import "./texts";

/** What can be done by name everywhere, and the dialog that says which keys do what. */
export function Overlays() {
  const [help, setHelp] = useState(false);
  const { theme } = usePreferences();
  const dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  useCommand({ id: "keyboard", title: "palette:keyboard", shortcut: "?", run: () => setHelp(true) });
  useCommand({ id: "settings", title: "palette:settings", shortcut: "Mod+,", run: () => navigate("/settings") });
  useCommand({ id: "theme", title: dark ? "palette:light" : "palette:dark", run: () => setPreference("theme", dark ? "light" : "dark") });
  useCommand({ id: "appearance", title: "palette:language", run: () => navigate("/settings/appearance") });
  useCommand({ id: "keys", title: "palette:apiKeys", run: () => navigate("/settings/keys") });
  return <KeyboardHelp open={help} onClose={() => setHelp(false)} />;
}
