import type { ComponentType } from "react";
import { later, Missing } from "@/components/ui/later";
import { ConnectionLine } from "@/features/connection/ConnectionLine";
import { Overlays } from "@/features/palette/Overlays";
import { Search } from "@/features/search/Search";
import { ThreadList } from "@/features/threads/ThreadList";

type Slot<P = object> = ComponentType<P>;

/**
 * The places of the shell and the features that fill them. A feature exports a component and takes its place here;
 * an empty place shows nothing. What the first screen does not need is loaded lazily.
 */
export interface Slots {
  /** The whole page of /login; shown too, without a change of the address, when nobody is signed in. */
  login: Slot | null;
  /** The whole page of /setup. */
  setup: Slot | null;
  /** The list of threads in the sidebar: fills the height and scrolls by itself. */
  threads: Slot<{ current: string | null; onPick: () => void }> | null;
  /** Always mounted beside the page; opens itself by the command `search`. */
  search: Slot | null;
  /** The main area of /settings/<section>. */
  settings: Slot<{ section: string | null }> | null;
  /** The main area of /admin/<section>, for administrators. */
  admin: Slot<{ section: string | null }> | null;
  /** One line over the composer while no model is connected. */
  noModel: Slot | null;
  /** One line at the top of the main area while the connection is bad. */
  connection: Slot | null;
  /** In the header of a thread: export and the like. */
  threadMenu: Slot<{ thread: string }> | null;
  /** Always mounted; opens itself by its own commands: keyboard help, command palette. */
  overlays: Slot | null;
}

/** For what fills the page: when its code does not come, a line says so. */
const page = { missing: (again: () => void) => <Missing again={again} /> };

export const slots: Slots = {
  login: later(async () => (await import("@/features/login/LoginPage")).LoginPage, page),

  setup: later(async () => (await import("@/features/setup/SetupPage")).SetupPage, page),

  threads: ThreadList,

  search: Search,

  settings: later(async () => (await import("@/features/settings/SettingsPage")).SettingsPage, page),

  admin: later(async () => (await import("@/features/admin/AdminPage")).AdminPage, page),

  noModel: later(async () => (await import("@/features/admin/NoModelBar")).NoModelBar),

  connection: ConnectionLine,

  threadMenu: later(async () => (await import("@/features/export/ExportMenu")).ExportMenu),

  // Not later: a key that is pressed before its code has come would be lost.
  overlays: Overlays,
};
