import { expect, it } from "vitest";
import { SseDecoder } from "./sse";

const stream = ': hello\r\nid: 1\r\nevent: text\r\ndata: {"delta":"会"}\r\n\r\n\nid: 2\ndata:a\ndata\ndata:  b\n\nevent:x\rdata:y\r\rdata: unfinished';
const whole = [
  { event: "text", data: '{"delta":"会"}', id: "1" },
  { event: "message", data: "a\n\n b", id: "2" },
  { event: "x", data: "y", id: "2" },
];

it("gives the same events at every pair of cuts", () => {
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second++) {
      const decoder = new SseDecoder();
      const events = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)].flatMap((piece) => decoder.feed(piece));
      expect(events, `${first},${second}`).toEqual(whole);
    }
  }
});
