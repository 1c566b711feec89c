/** The keys of what only administrators read. */
export const adminKeys = {
  allUsers: ["admin", "users"] as const,
  users: (view: object) => ["admin", "users", view] as const,
  /** Of everything that is asked about providers. */
  providers: ["admin", "providers"] as const,
  allProviders: ["admin", "providers", "all"] as const,
  providerPage: (view: object) => ["admin", "providers", "page", view] as const,
  activity: (name: string, span: string) => ["admin", "providers", "activity", name, span] as const,
  found: ["admin", "found"] as const,
};
