import { expect, test } from "vitest";
import { latency, randomPassword } from "./format";

test("latencies are said in the unit that fits", () => {
  expect(latency(0.4, "en")).toBe("1 ms");
  expect(latency(42.4, "en")).toBe("42 ms");
  expect(latency(1234, "en")).toBe("1.2 sec");
});

test("a suggested password has 20 characters of one alphabet, each as likely as the others", () => {
  const seen = new Set(Array.from({ length: 200 }, () => randomPassword()));
  expect(seen.size).toBe(200);
  for (const password of seen) expect(password).toMatch(/^([a-km-np-zA-HJ-KM-NP-Z2-9]{5}-){3}[a-km-np-zA-HJ-KM-NP-Z2-9]{5}$/);
  let calls = 0;
  const skewed = (bytes: Uint8Array) => bytes.fill(calls++ === 0 ? 255 : 0);
  expect(randomPassword(skewed)).toBe("aaaaa-aaaaa-aaaaa-aaaaa");
});
