// InvokeModel of the models that make vectors: Titan Text Embeddings and Cohere Embed, as "Amazon
// Titan Embeddings", "Cohere Embed v3" and "Cohere Embed v4" of Bedrock's guide have them.
import { createHash } from "node:crypto";
import { modelBehind, needsProfile } from "./catalogue.mjs";

const purposes = ["search_document", "search_query", "classification", "clustering"];
const cohereTypes = ["float", "int8", "uint8", "binary", "ubinary"];
const string = (least, most) => ({ type: "string", least, most });
const oneOf = (...values) => ({ type: "enum", values });
const list = (items, most = Infinity) => ({ type: "array", items, most });
const integer = { type: "integer" };
const titanTokens = 8192;

const families = {
  "amazon.titan-embed-text-v1": { fields: { inputText: string(1, 50000) }, required: ["inputText"], length: 1536 },
  "amazon.titan-embed-text-v2:0": {
    fields: {
      inputText: string(1, 50000),
      dimensions: oneOf(256, 512, 1024),
      normalize: oneOf(true, false),
      embeddingTypes: list(oneOf("float", "binary")),
    },
    required: ["inputText"],
    length: 1024,
  },
  "cohere.embed-multilingual-v3": {
    fields: {
      texts: list(string(0, 2048), 96),
      input_type: oneOf(...purposes, "image"),
      truncate: oneOf("NONE", "START", "END"),
      embedding_types: list(oneOf(...cohereTypes)),
      images: list(string(1, Infinity), 1),
    },
    required: ["texts", "input_type"],
    length: 1024,
    tokens: 512,
  },
  "cohere.embed-v4:0": {
    fields: {
      texts: list(string(0, Infinity), 96),
      input_type: oneOf(...purposes),
      truncate: oneOf("NONE", "LEFT", "RIGHT"),
      embedding_types: list(oneOf(...cohereTypes)),
      output_dimension: oneOf(256, 512, 1024, 1536),
      max_tokens: integer,
      images: list(string(1, Infinity), 96),
      inputs: list({ type: "object" }, 96),
    },
    required: ["input_type"],
    length: 1536,
    tokens: 128000,
  },
};
families["cohere.embed-english-v3"] = families["cohere.embed-multilingual-v3"];

/** What is wrong with a value, in the words of the service's schema checker. */
function* violations(value, schema, at) {
  const kind = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  if (schema.type === "enum") {
    if (!schema.values.includes(value)) yield `${at}: ${value} is not a valid enum value`;
  } else if (schema.type === "integer") {
    if (!Number.isInteger(value)) yield `${at}: expected type: Integer, found: ${kind}`;
  } else if (schema.type !== kind) {
    yield `${at}: expected type: ${schema.type}, found: ${kind}`;
  } else if (kind === "string") {
    const length = [...value].length;
    if (length < schema.least) yield `${at}: expected minLength: ${schema.least}, actual: ${length}`;
    if (length > schema.most) yield `${at}: expected maxLength: ${schema.most}, actual: ${length}`;
  } else if (kind === "array") {
    if (value.length > schema.most) yield `${at}: expected maximum item count: ${schema.most}, found: ${value.length}`;
    for (const [i, item] of value.entries()) yield* violations(item, schema.items, `${at}/${i}`);
  }
}

function* problemsOf(asked, { fields, required }) {
  for (const name of required) if (!(name in asked)) yield `#: required key [${name}] not found`;
  for (const [name, value] of Object.entries(asked)) {
    if (name in fields) yield* violations(value, fields[name], `#/${name}`);
    else yield `#: extraneous key [${name}] is not permitted`;
  }
}

/** Four letters of ASCII are a token, and so is any other character. */
const weight = (character) => (character.codePointAt(0) < 0x80 ? 0.25 : 1);
export const tokensOf = (text) => Math.max(1, Math.ceil([...text].reduce((sum, character) => sum + weight(character), 0)));

/** As many characters from the beginning as are `most` tokens. */
function cut(text, most) {
  let sum = 0;
  const at = [...text].findIndex((character) => (sum += weight(character)) > most);
  return at < 0 ? text : [...text].slice(0, at).join("");
}

/** Of length 1, and the same for the same model, purpose, text and length. */
function vectorOf(name, text, length) {
  const numbers = [];
  for (let block = 0; numbers.length < length; block++) {
    const bytes = createHash("sha256").update(`${name}\n${block}\n${text}`).digest();
    for (let i = 0; i < bytes.length && numbers.length < length; i += 4) numbers.push(bytes.readInt32LE(i));
  }
  const norm = Math.hypot(...numbers);
  return numbers.map((number) => number / norm);
}

function titan(model, family, asked) {
  const count = tokensOf(asked.inputText);
  if (count > titanTokens)
    return { refused: `400 Bad Request: Too many input tokens. Max input tokens: ${titanTokens}, request input token count: ${count} ` };
  const embedding = vectorOf(model, asked.inputText, asked.dimensions ?? family.length);
  const answer = { embedding, inputTextTokenCount: count };
  if (family.fields.dimensions) answer.embeddingsByType = { float: embedding };
  return { answer, count };
}

function cohere(model, family, asked) {
  const truncate = asked.truncate ?? "NONE";
  if (!["NONE", "END", "RIGHT"].includes(truncate)) return { refused: "the double leaves out ends only" };
  if (truncate === "NONE" && asked.texts.some((text) => tokensOf(text) > family.tokens))
    return { refused: `invalid request: a text has more than ${family.tokens} tokens` };
  const texts = asked.texts.map((text) => cut(text, family.tokens));
  const vectors = texts.map((text) => vectorOf(`${model} ${asked.input_type}`, text, asked.output_dimension ?? family.length));
  const typed = asked.embedding_types !== undefined;
  const answer = {
    id: "00000000-0000-4000-8000-000000000000",
    response_type: typed ? "embeddings_by_type" : "embeddings_floats",
    embeddings: typed ? { float: vectors } : vectors,
    texts: asked.texts,
  };
  return { answer, count: texts.reduce((sum, text) => sum + tokensOf(text), 0) };
}

/** Whether InvokeModel of this model makes vectors. */
export const makesVectors = (model) => modelBehind(model) in families;

/** `{answer, count}`, or `{refused}` in the service's words. */
export function embed(id, operation, contentType, asked) {
  if (needsProfile(id)) {
    return {
      refused: `Invocation of model ID ${id} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
    };
  }
  if (operation !== "invoke") return { refused: "The model is unsupported for streaming" };
  if ((contentType ?? "application/json") !== "application/json") return { refused: "The provided 'contentType' is not supported" };
  const model = modelBehind(id);
  const family = families[model];
  const problems = [...problemsOf(asked, family)];
  if (model.startsWith("cohere.") && !["texts", "images", "inputs"].some((name) => name in asked)) problems.push("#: required key [texts] not found");
  if (problems.length > 0) {
    const named = problems.length === 1 && model.startsWith("amazon.") ? problems[0].replace(/^#[^ ]*: /, "") : problems.join("");
    return { refused: `Malformed input request: ${named}, please reformat your input and try again.` };
  }
  return model.startsWith("amazon.") ? titan(model, family, asked) : cohere(model, family, asked);
}
