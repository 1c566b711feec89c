// Writes the recordings that the decoders' tests read: src/providers/bedrock/recordings/.
//
//   node record.mjs
//
// Each is encoded with the vendor's own codec; beside it lies what it means, one line an event.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chunk, frames } from "./frames.mjs";

const folder = fileURLToPath(new URL("../../../src/providers/bedrock/recordings/", import.meta.url));
const begin = ["messageStart", { role: "assistant", p: "abcdef" }];
const delta = (index, value) => ["contentBlockDelta", { contentBlockIndex: index, delta: value, p: "abcdefghijklm" }];
const text = (value, index = 0) => delta(index, { text: value });
const tool = (index, toolUseId, name) => ["contentBlockStart", { contentBlockIndex: index, start: { toolUse: { toolUseId, name } } }];
const input = (index, value) => delta(index, { toolUse: { input: value } });
const stop = (index = 0) => ["contentBlockStop", { contentBlockIndex: index }];
const end = (stopReason, more = {}) => ["messageStop", { stopReason, ...more }];
const usage = (inputTokens, outputTokens, more = {}) => [
  "metadata",
  { usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, ...more }, metrics: { latencyMs: 812 } },
];
const thought = (value) => delta(0, { reasoningContent: value });

const sealed = Buffer.from([0, 1, 2, 250, 251, 252]).toString("base64");
const more = Buffer.from([7, 8]).toString("base64");
const both = Buffer.from([0, 1, 2, 250, 251, 252, 7, 8]).toString("base64");

const converse = {
  text: [
    [begin, text("Hel"), text("lo "), text("é🌍"), stop(), end("end_turn"), usage(10, 3)],
    ['text "Hel"', 'text "lo "', 'text "é🌍"', "usage 10 3 - -", "finished stop"],
  ],
  japanese_cached: [
    [begin, text("こんに"), text("ちは"), stop(), end("stop_sequence"), usage(10, 3, { cacheReadInputTokens: 90, cacheWriteInputTokens: 5 })],
    ['text "こんに"', 'text "ちは"', "usage 105 3 90 -", "finished stop"],
  ],
  surrogates: [
    [begin, ["contentBlockDelta", '{"contentBlockIndex":0,"delta":{"text":"a\\ud83c"}}'], ["contentBlockDelta", '{"contentBlockIndex":0,"delta":{"text":"\\udf0db\\ud83c"}}'], stop(), end("end_turn"), usage(1, 1)],
    ['text "a"', 'text "🌍b"', 'text "\uFFFD"', "usage 1 1 - -", "finished stop"],
  ],
  signed_reasoning: [
    [begin, thought({ text: "hm" }), thought({ text: ", yes" }), thought({ signature: "c2lnbmF0" }), thought({ signature: "dXJl" }), stop(), text("42", 1), stop(1), end("end_turn"), usage(9, 8)],
    ['reasoning "hm"', 'reasoning ", yes"', 'text "42"', 'replay [{"text":"hm, yes","signature":"c2lnbmF0dXJl"}]', "usage 9 8 - -", "finished stop"],
  ],
  sealed_reasoning: [
    [begin, thought({ redactedContent: sealed }), thought({ redactedContent: more }), stop(), text("ok", 1), stop(1), end("end_turn"), usage(9, 8)],
    ['text "ok"', `replay [{"redacted":"${both}"}]`, "usage 9 8 - -", "finished stop"],
  ],
  unsigned_reasoning: [
    [begin, thought({ text: "hm" }), stop(), text("42", 1), stop(1), end("end_turn"), usage(9, 8)],
    ['reasoning "hm"', 'text "42"', "usage 9 8 - -", "finished stop"],
  ],
  tools: [
    [begin, text("Let me look."), stop(), tool(1, "tu_1", "get_weather"), input(1, '{"ci'), input(1, 'ty":"Kyo'), input(1, 'to"}'), stop(1), tool(2, "tu_2", "now"), stop(2), end("tool_use"), usage(20, 30)],
    ['text "Let me look."', 'tool tu_1 get_weather {"city":"Kyoto"}', "tool tu_2 now {}", "usage 20 30 - -", "finished tool"],
  ],
  tool_cut_by_length: [
    [begin, text("Well"), stop(), tool(1, "tu_1", "get_weather"), input(1, '{"city":"Kyo'), stop(1), end("max_tokens"), usage(20, 30)],
    ['text "Well"', "usage 20 30 - -", "finished length"],
  ],
  window_full: [[begin, text("x"), stop(), end("model_context_window_exceeded"), usage(8, 1)], ['text "x"', "usage 8 1 - -", "finished length"]],
  guardrail: [[begin, text("No."), stop(), end("guardrail_intervened"), usage(8, 1)], ['text "No."', "usage 8 1 - -", "finished filtered"]],
  filtered: [[begin, end("content_filtered"), usage(8, 0)], ["usage 8 0 - -", "finished filtered"]],
  malformed: [
    [begin, text("x"), stop(), end("malformed_model_output"), usage(8, 1)],
    ['text "x"', "usage 8 1 - -", 'failed model_error "the model wrote something that Bedrock could not read (malformed_model_output)"'],
  ],
  unknown_kinds: [
    [["initial-response", {}], begin, ["somethingNew", { deep: [{}] }], delta(0, { hologram: {} }), delta(0, { citation: { title: "t", source: "s", location: { web: { url: "https://a.test" } } } }), text("x"), ["contentBlockStart", { contentBlockIndex: 5, start: { image: { format: "png" } } }], stop(), end("a_new_reason", { additionalModelResponseFields: { a: [1] }, trace: {} }), usage(1, 1, { p: "q", serverToolUsage: {} })],
    ['text "x"', "usage 1 1 - -", "finished stop"],
  ],
  no_usage: [[begin, text("x"), stop(), end("end_turn")], ['text "x"', "finished stop"]],
  throttled_in_the_middle: [
    [begin, text("Hal"), ["!throttlingException", { message: "Too many requests, please wait before trying again." }]],
    ['text "Hal"', 'failed rate_limited "Too many requests, please wait before trying again. (throttlingException)"'],
  ],
  daily_tokens_spent: [
    [["!throttlingException", { message: "Too many tokens per day, please wait before trying again." }]],
    ['failed quota "Too many tokens per day, please wait before trying again. (throttlingException)"'],
  ],
  internal_error: [[begin, ["!internalServerException", { message: "try again" }]], ['failed model_error "try again (internalServerException)"']],
  model_broke: [
    [begin, text("a"), ["!modelStreamErrorException", { message: "the model failed", originalStatusCode: 500, originalMessage: "boom" }]],
    ['text "a"', 'failed model_error "the model failed: boom (modelStreamErrorException)"'],
  ],
  refused_in_the_middle: [[begin, ["!validationException", { message: "not like this" }]], ['failed invalid "not like this (validationException)"']],
  too_long: [
    [["!validationException", { message: "Input is too long for requested model." }]],
    ['failed context_length "Input is too long for requested model. (validationException)"'],
  ],
  unavailable: [[begin, ["!serviceUnavailableException", { message: "no capacity" }]], ['failed overloaded "no capacity (serviceUnavailableException)"']],
  timed_out: [[begin, ["!modelTimeoutException", { message: "took too long" }]], ['failed timeout "took too long (modelTimeoutException)"']],
  unknown_exception: [[begin, ["!brandNewException", {}]], ['failed model_error "Bedrock reported an error without saying why (brandNewException)"']],
  unmodelled_error: [[begin, text("a"), ["#InternalFailure", { message: "An error occurred" }]], ['text "a"', 'failed model_error "An error occurred (InternalFailure)"']],
  unreadable_event: [[begin, text("a"), ["contentBlockDelta", "{"]], ['text "a"', 'failed model_error "Bedrock sent an event that is not what it is known to send"']],
};

const completion = {
  text: [
    [chunk({ type: "completion", completion: " Hel", stop_reason: null, stop: null }), chunk({ completion: "lo", stop_reason: null }), chunk({ completion: "", stop_reason: "stop_sequence", stop: "\n\nHuman:", "amazon-bedrock-invocationMetrics": { inputTokenCount: 10, outputTokenCount: 3, firstByteLatency: 9 } })],
    ['text "Hel"', 'text "lo"', "usage 10 3 - -", "finished stop"],
  ],
  length: [[chunk({ completion: " Hel", stop_reason: "max_tokens" })], ['text "Hel"', "finished length"]],
  unknown_events: [[["ping", {}], chunk({ completion: "x", stop_reason: "new", extra: [{}] })], ['text "x"', "finished stop"]],
  no_base64: [[["chunk", { bytes: "***" }]], ['failed model_error "Bedrock sent an event that is not what it is known to send"']],
  timed_out: [
    [chunk({ completion: " a", stop_reason: null }), ["!modelTimeoutException", { message: "took too long" }]],
    ['text "a"', 'failed timeout "took too long (modelTimeoutException)"'],
  ],
};

const wholeConverse = {
  whole: [
    {
      output: { message: { role: "assistant", content: [{ reasoningContent: { reasoningText: { text: "hm", signature: "c2ln" } } }, { text: "Hello" }, { toolUse: { toolUseId: "tu_1", name: "now", input: { zone: "JST" } } }] } },
      stopReason: "tool_use",
      usage: { inputTokens: 10, outputTokens: 3, totalTokens: 13 },
      metrics: { latencyMs: 812 },
    },
    ['reasoning "hm"', 'text "Hello"', 'tool tu_1 now {"zone":"JST"}', 'replay [{"text":"hm","signature":"c2ln"}]', "usage 10 3 - -", "finished tool"],
  ],
};

const wholeCompletion = { whole: [{ type: "completion", completion: " Hello", stop_reason: "stop_sequence", stop: "\n\nHuman:" }, ['text "Hello"', "finished stop"]] };

function write(name, recordings, encode, ending) {
  for (const [recording, [content, events]] of Object.entries(recordings)) {
    writeFileSync(`${folder}${name}/${recording}.${ending}`, encode(content));
    writeFileSync(`${folder}${name}/${recording}.events`, `${events.join("\n")}\n`);
  }
}

rmSync(folder, { recursive: true, force: true });
for (const name of ["converse", "completion"]) {
  mkdirSync(`${folder}${name}`, { recursive: true });
  mkdirSync(`${folder}${name}_whole`, { recursive: true });
}
write("converse", converse, (list) => Buffer.concat(frames(list)), "bin");
write("completion", completion, (list) => Buffer.concat(frames(list)), "bin");
write("converse_whole", wholeConverse, (value) => JSON.stringify(value), "json");
write("completion_whole", wholeCompletion, (value) => JSON.stringify(value), "json");
