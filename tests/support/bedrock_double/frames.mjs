// Encodes event streams with the vendor's own codec.
import { EventStreamCodec } from "@smithy/eventstream-codec";
import { fromUtf8, toUtf8 } from "@smithy/util-utf8";

const codec = new EventStreamCodec(toUtf8, fromUtf8);
const text = (value) => ({ type: "string", value });

/** One frame. `kind` is an event's type; "!name" is an exception, "#code" an unmodelled error. */
export function frame(kind, payload) {
  const body = fromUtf8(typeof payload === "string" ? payload : JSON.stringify(payload));
  const headers = {};
  if (kind.startsWith("#")) {
    Object.assign(headers, { ":message-type": text("error"), ":error-code": text(kind.slice(1)), ":error-message": text(payload.message ?? "") });
    return Buffer.from(codec.encode({ headers, body: new Uint8Array() }));
  }
  if (kind.startsWith("!")) Object.assign(headers, { ":exception-type": text(kind.slice(1)), ":message-type": text("exception") });
  else Object.assign(headers, { ":event-type": text(kind), ":message-type": text("event") });
  headers[":content-type"] = text("application/json");
  return Buffer.from(codec.encode({ headers, body }));
}

/** The `chunk` event of InvokeModelWithResponseStream: the model's own JSON, in base64. */
export function chunk(body) {
  return ["chunk", { bytes: Buffer.from(JSON.stringify(body)).toString("base64"), p: "abcdefghij" }];
}

/** The frames of a list of `[kind, payload]`. */
export function frames(list) {
  return list.map(([kind, payload]) => frame(kind, payload));
}
