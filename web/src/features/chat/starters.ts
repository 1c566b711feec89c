/** The text of a composer that held `written`, after a starter was chosen: what was written stays, and the starter stands before it. */
export function withStarter(prompt: string, written: string, prompts: readonly string[]): string {
  // A starter chosen before gives way to this one.
  const rest = prompts.reduce((text, other) => (text.startsWith(other) ? text.slice(other.length) : text), written).replace(/^\n+/, "");
  if (rest.trim() === "") return prompt;
  return /\s$/.test(prompt) ? prompt + rest : `${prompt}\n\n${rest}`;
}
