/** "42 ms" below a second, "1.2 s" above. */
export function latency(milliseconds: number, language: string): string {
  const [value, unit] = milliseconds < 1000 ? [Math.max(1, Math.round(milliseconds)), "millisecond"] : [milliseconds / 1000, "second"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 }).format(value);
}

/** Without signs that look alike: it is read out and typed. */
const alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";
const groups = 4;
const groupLength = 5;

/** A password of 20 random characters in groups of five, about 115 bits. */
export function randomPassword(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array = (bytes) => crypto.getRandomValues(bytes)): string {
  let text = "";
  const usable = 256 - (256 % alphabet.length);
  while (text.length < groups * groupLength) {
    for (const byte of random(new Uint8Array(32))) {
      // Bytes past the last whole alphabet would favour its first letters.
      if (byte < usable && text.length < groups * groupLength) text += alphabet[byte % alphabet.length];
    }
  }
  return (text.match(/.{5}/g) ?? []).join("-");
}
