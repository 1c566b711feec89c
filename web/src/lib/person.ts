const key = "kaiwa.person";

/** Notes whose browser this is now. True when somebody else signed in here before: what they left is not for this person. */
export function takeOver(user: string): boolean {
  try {
    const before = localStorage.getItem(key);
    if (before !== user) localStorage.setItem(key, user);
    return before !== null && before !== user;
  } catch {
    // Without storage nothing was left either.
    return false;
  }
}

/** What follows `prefix` in the keys under which this browser keeps something. */
export function keptNames(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  } catch {
    // Without storage there is nothing.
    return [];
  }
}

/** Removes what this browser keeps under keys that begin so. */
export function removeKept(prefix: string): void {
  for (const name of keptNames(prefix)) localStorage.removeItem(prefix + name);
}
