/** Passwords of fewer characters are refused by the server too. */
export const minimumPasswordLength = 8;

export function passwordLongEnough(password: string): boolean {
  return Array.from(password).length >= minimumPasswordLength;
}
