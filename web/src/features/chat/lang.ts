/** The language a text is most likely in, so that the browser breaks its lines well. Undefined when the page's own will do. */
export function langOf(text: string): string | undefined {
  const start = text.slice(0, 400);
  if (/[\u3040-\u30ff]/.test(start)) return "ja";
  if (/[\uac00-\ud7af]/.test(start)) return "ko";
  if (/[\u4e00-\u9fff]/.test(start)) return undefined;
  return /[a-z]{3}/i.test(start) ? "en" : undefined;
}
