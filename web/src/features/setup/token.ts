/** The one-time token of the link that the server prints: `/setup#token=…`. Null when the address has none. */
export function tokenOf(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token")?.trim();
  return token ? token : null;
}
