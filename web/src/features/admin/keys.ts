/** The keys of what only administrators read. */
export const adminKeys = {
  allUsers: ["admin", "users"] as const,
  users: (view: object) => ["admin", "users", view] as const,
  providers: ["admin", "providers"] as const,
  found: ["admin", "found"] as const,
};
