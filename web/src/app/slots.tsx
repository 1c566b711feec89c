import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import { ConnectionLine } from "@/features/connection/ConnectionLine";
import { Search } from "@/features/search/Search";
import { ThreadList } from "@/features/threads/ThreadList";

type Lazy<P = object> = ComponentType<P> | LazyExoticComponent<ComponentType<P>>;

/**
 * The places of the shell and the features that fill them. A feature exports a component and takes its place here;
 * an empty place shows nothing. What the first screen does not need is loaded lazily.
 */
export interface Slots {
  /** The whole page of /login; shown too, without a change of the address, when nobody is signed in. */
  login: Lazy | null;
  /** The whole page of /setup. */
  setup: Lazy | null;
  /** The list of threads in the sidebar: fills the height and scrolls by itself. */
  threads: Lazy<{ current: string | null; onPick: () => void }> | null;
  /** Always mounted beside the page; opens itself by the command `search`. */
  search: Lazy | null;
  /** The main area of /settings/<section>. */
  settings: Lazy<{ section: string | null }> | null;
  /** The main area of /admin/<section>, for administrators. */
  admin: Lazy<{ section: string | null }> | null;
  /** One line over the composer while no model is connected. */
  noModel: Lazy | null;
  /** One line at the top of the main area while the connection is bad. */
  connection: Lazy | null;
  /** In the header of a thread: export and the like. */
  threadMenu: Lazy<{ thread: string }> | null;
  /** Always mounted; opens itself by its own commands: keyboard help, command palette. */
  overlays: Lazy | null;
}

export const slots: Slots = {
  login: later(() => import("@/features/login/LoginPage"), "LoginPage"),

  setup: later(() => import("@/features/setup/SetupPage"), "SetupPage"),

  threads: ThreadList,

  search: Search,

  settings: later(() => import("@/features/settings/SettingsPage"), "SettingsPage"),

  admin: later(() => import("@/features/admin/AdminPage"), "AdminPage"),

  noModel: later(() => import("@/features/admin/NoModelBar"), "NoModelBar"),

  connection: ConnectionLine,

  threadMenu: later(() => import("@/features/export/ExportMenu"), "ExportMenu"),

  overlays: later(() => import("@/features/palette/Overlays"), "Overlays"),
};

/** For a component that is not the default export of its module. */
export function later<K extends string, P>(load: () => Promise<Record<K, ComponentType<P>>>, name: K): LazyExoticComponent<ComponentType<P>> {
  return lazy(async () => ({ default: (await load())[name] }));
}
