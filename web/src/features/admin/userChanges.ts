export const roles = ["user", "publisher", "administrator"] as const;
export type Role = (typeof roles)[number];

/** What the panel edits of a user. `password` is empty while it is not to be changed. */
export interface UserDraft {
  name: string;
  role: Role;
  disabled: boolean;
  password: string;
}

export interface UserFields {
  name: string;
  role: Role;
  disabled: boolean;
}

/** One thing that saving will do, to be said before it is done. */
export type UserChange =
  | { kind: "name"; to: string }
  | { kind: "role"; from: Role; to: Role }
  | { kind: "disable" }
  | { kind: "enable" }
  | { kind: "password" };

export function userChanges(before: UserFields, draft: UserDraft): UserChange[] {
  const changes: UserChange[] = [];
  const name = draft.name.trim();
  if (name !== before.name) changes.push({ kind: "name", to: name });
  if (draft.role !== before.role) changes.push({ kind: "role", from: before.role, to: draft.role });
  if (draft.disabled !== before.disabled) changes.push({ kind: draft.disabled ? "disable" : "enable" });
  if (draft.password !== "") changes.push({ kind: "password" });
  return changes;
}

/** The fields to send: only what changed, so two administrators do not undo each other. */
export function userPatch(changes: readonly UserChange[]): Partial<UserFields> {
  const patch: Partial<UserFields> = {};
  for (const change of changes) {
    if (change.kind === "name") patch.name = change.to;
    else if (change.kind === "role") patch.role = change.to;
    else if (change.kind === "disable") patch.disabled = true;
    else if (change.kind === "enable") patch.disabled = false;
  }
  return patch;
}
