// A double of Amazon Bedrock: the runtime and the control plane on one port of 127.0.0.1.
//
//   node server.mjs [--lifetime SECONDS]      prints "listening PORT"
//
// README.md says how an answer is scripted.
import http from "node:http";
import { randomUUID } from "node:crypto";
import { chunk, frames } from "./frames.mjs";
import { catalogue } from "./catalogue.mjs";
import { embed, makesVectors } from "./embeddings.mjs";
import { refusal } from "./signature.mjs";

const plans = new Map(); // model or path -> plans, the last one stays
let requests = [];
const began = Date.now();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

/** The JSON of a body; nothing when it is none. */
function parsed(body) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

function answerJson(response, status, value, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", "x-amzn-RequestId": randomUUID(), ...headers });
  response.end(JSON.stringify(value));
}

function refuse(response, status, code, message, headers = {}) {
  // The service adds an address behind the name of an error.
  const type = `${code}:http://internal.amazon.com/coral/com.amazon.bedrock/`;
  answerJson(response, status, { message }, { "x-amzn-ErrorType": type, ...headers });
}

function planFor(name) {
  const queue = plans.get(name);
  if (!queue) return undefined;
  return queue.length > 1 ? queue.shift() : queue[0];
}

function lastText(asked) {
  if (asked.prompt) return asked.prompt.split("\n\nHuman: ").at(-1).replace(/\n\nAssistant:$/, "");
  return asked.messages.at(-1).content.findLast((block) => block.text)?.text ?? "";
}

/** What a model says that nobody scripted: the question, word by word. */
function echo(asked, legacy) {
  const words = lastText(asked).match(/\S+\s*|\s+/g) ?? [""];
  const usage = { inputTokens: 7, outputTokens: words.length, totalTokens: 7 + words.length };
  if (legacy) {
    return [
      ...words.map((word, i) => chunk({ completion: i === 0 ? ` ${word}` : word, stop_reason: null })),
      chunk({ completion: "", stop_reason: "stop_sequence", "amazon-bedrock-invocationMetrics": { inputTokenCount: 7, outputTokenCount: words.length } }),
    ];
  }
  return [
    ["messageStart", { role: "assistant", p: "abcdefgh" }],
    ...words.map((text) => ["contentBlockDelta", { contentBlockIndex: 0, delta: { text }, p: "abc" }]),
    ["contentBlockStop", { contentBlockIndex: 0 }],
    ["messageStop", { stopReason: "end_turn" }],
    ["metadata", { usage, metrics: { latencyMs: 5 } }],
  ];
}

async function stream(response, plan, list, closed) {
  response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream", "x-amzn-RequestId": plan.request_id ?? randomUUID() });
  let sent = 0;
  for (let bytes of frames(list)) {
    if (plan.corrupt_at >= sent && plan.corrupt_at < sent + bytes.length) bytes[plan.corrupt_at - sent] ^= 1;
    const ends = plan.cut_at !== undefined && plan.cut_at <= sent + bytes.length;
    if (ends) bytes = bytes.subarray(0, plan.cut_at - sent);
    sent += bytes.length;
    if (bytes.length > 0) await new Promise((resolve) => response.write(bytes, resolve));
    if (ends) return plan.cut_how === "end" ? response.end() : response.destroy();
    if (plan.pace_ms) await sleep(plan.pace_ms);
    if (closed()) return undefined;
  }
  return plan.stays_open ? undefined : response.end();
}

/** The vectors of InvokeModel, late, in part or whole, as the plan says. */
async function answerVectors(response, plan, { refused, answer, count }) {
  if (plan.wait_ms) await sleep(plan.wait_ms);
  if (refused) return refuse(response, 400, "ValidationException", refused);
  const whole = Buffer.from(JSON.stringify(plan.json ?? answer));
  const part = whole.subarray(0, plan.cut_at ?? whole.length);
  const headers = { "content-type": "application/json", "x-amzn-RequestId": plan.request_id ?? randomUUID(), "x-amzn-bedrock-input-token-count": String(count) };
  if (plan.cut_how !== "end") headers["content-length"] = String(whole.length);
  response.writeHead(200, headers);
  if (part.length === whole.length || plan.cut_how === "end") return response.end(part);
  await new Promise((resolve) => response.write(part, resolve));
  return plan.stays_open ? undefined : response.destroy();
}

async function answerModel(request, response, model, operation, body, entry) {
  const asked = parsed(body);
  entry.body = asked ?? null;
  const legacy = operation.startsWith("invoke");
  const plan = planFor(model) ?? {};
  if (plan.status) return refuse(response, plan.status, plan.error, plan.message ?? "", plan.headers);
  if (asked === undefined) return refuse(response, 400, "ValidationException", "The body of the request is not valid JSON.");
  if (legacy && makesVectors(model)) return answerVectors(response, plan, embed(model, operation, request.headers["content-type"], asked));
  if (legacy ? !asked.prompt : !asked.messages?.length) return refuse(response, 400, "ValidationException", "messages: required");
  if (plan.json) return answerJson(response, 200, plan.json);
  return stream(response, plan, plan.events ?? echo(asked, legacy), () => entry.closed_at_ms !== null);
}

async function answerList(response, url, name) {
  const plan = planFor(name) ?? {};
  if (plan.status) return refuse(response, plan.status, plan.error, plan.message ?? "", plan.headers);
  return answerJson(response, 200, plan.json ?? catalogue(name, url.searchParams));
}

async function control(request, response, url, body) {
  if (url.pathname === "/_control/plans" && request.method === "PUT") {
    // {"name": [plan, …]}: the name of a model, "foundation-models" or "inference-profiles".
    for (const [name, list] of Object.entries(JSON.parse(body))) plans.set(name, list);
    return answerJson(response, 200, {});
  }
  if (url.pathname === "/_control/requests" && request.method === "GET") return answerJson(response, 200, requests);
  if (url.pathname === "/_control/requests" && request.method === "DELETE") {
    requests = [];
    return answerJson(response, 200, {});
  }
  return answerJson(response, 404, {});
}

const server = http.createServer(async (request, response) => {
  const url = new URL(request.url, "http://double");
  const body = await bodyOf(request);
  if (url.pathname.startsWith("/_control/")) return control(request, response, url, body);

  const entry = { method: request.method, target: request.url, headers: request.headers, body: null, at_ms: Date.now() - began, closed_at_ms: null };
  response.on("close", () => {
    if (!response.writableFinished) entry.closed_at_ms = Date.now() - began;
  });
  requests.push(entry);
  const problem = await refusal(request, body, "bedrock");
  if (problem) return refuse(response, 403, problem.code, problem.message);

  const call = /^\/model\/([^/]+)\/(converse|converse-stream|invoke|invoke-with-response-stream)$/.exec(url.pathname);
  if (call && request.method === "POST") return answerModel(request, response, decodeURIComponent(call[1]), call[2], body, entry);
  const list = /^\/(foundation-models|inference-profiles)$/.exec(url.pathname);
  if (list && request.method === "GET") return answerList(response, url, list[1]);
  return refuse(response, 404, "UnknownOperationException", "no such operation");
});

const lifetime = process.argv.indexOf("--lifetime");
if (lifetime > 0) setTimeout(() => process.exit(0), Number(process.argv[lifetime + 1]) * 1000).unref();
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
