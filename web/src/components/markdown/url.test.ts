import { expect, it } from "vitest";
import { addressLength, safeUrl } from "./url";

it.each([
  ["https://example.com/price/2026をご覧ください。", "https://example.com/price/2026"],
  ["https://example.com参照", "https://example.com"],
  ["https://example.com、次に", "https://example.com"],
  ["https://ja.wikipedia.org/wiki/日本）", "https://ja.wikipedia.org/wiki/日本"],
  ["https://example.com/a_(b)).", "https://example.com/a_(b)"],
  ["https://example.com/?q=1&amp;", "https://example.com/?q=1"],
  ["https://example.com/a**です", "https://example.com/a"],
  ["https://example.com:8080/x`code`", "https://example.com:8080/x"],
  ["www.example.com.", "www.example.com"],
  ["https://", ""],
  ["httpx://example.com", ""],
])("finds the address in %s", (text, address) => {
  expect(text.slice(0, addressLength(text))).toBe(address);
});

it.each(["javascript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://a/b", "//example.com", "/api/session", "#x", "", "ftp://example.com", "intent://x", "view-source:https://a"])(
  "makes no link of %s",
  (url) => {
    expect(safeUrl(url)).toBeNull();
  },
);

it("keeps the addresses that a reader may follow", () => {
  expect(safeUrl("https://example.com/日本?q=1")).toBe("https://example.com/%E6%97%A5%E6%9C%AC?q=1");
  expect(safeUrl("mailto:someone@example.com")).toBe("mailto:someone@example.com");
});
