/** Kinds that can be added in the page. Bedrock signs with what the server's machine has, unless a key is given. */
export const providerKinds = ["openai", "anthropic", "bedrock", "custom"] as const;
export type ProviderKind = (typeof providerKinds)[number];

export const openaiUrl = "https://api.openai.com/v1";
export const anthropicUrl = "https://api.anthropic.com";

const regionPattern = /^[a-z]{2,}(-[a-z]+)+-\d+$/;
const namePattern = /^[a-z0-9][a-z0-9-]{0,31}$/;

export interface ProviderDraft {
  name: string;
  kind: ProviderKind;
  /** Bedrock at AWS's own address has none. */
  baseUrl: string;
  /** Bedrock only. */
  region?: string;
  apiKey: string;
  /** One pattern a line, or separated by commas. */
  models: string;
}

export type Problem = "name" | "nameTaken" | "url" | "urlCredentials" | "region";
export type Problems = Partial<Record<"name" | "baseUrl" | "region", Problem>>;

/** Patterns as written by a person, one a line or separated by commas. */
export function patternsOf(text: string): string[] {
  return text.split(/[\n,、]/).map((pattern) => pattern.trim()).filter((pattern) => pattern !== "");
}

/** What is wrong with a draft before it is sent, by field. Names taken are told apart from names refused. */
export function problemsOf(draft: ProviderDraft, otherNames: readonly string[]): Problems {
  const problems: Problems = {};
  if (!namePattern.test(draft.name)) problems.name = "name";
  else if (otherNames.includes(draft.name)) problems.name = "nameTaken";
  if (draft.kind === "bedrock") {
    if (draft.region && !regionPattern.test(draft.region)) problems.region = "region";
    if (draft.baseUrl.trim() === "") return problems;
  }
  const url = parsed(draft.baseUrl);
  if (!url) problems.baseUrl = "url";
  else if (url.username !== "" || url.password !== "") problems.baseUrl = "urlCredentials";
  return problems;
}

function parsed(text: string): URL | null {
  if (!URL.canParse(text.trim())) return null;
  const url = new URL(text.trim());
  return url.protocol === "http:" || url.protocol === "https:" ? url : null;
}

/** A name for a provider, from what people call it: "llama.cpp" becomes "llama-cpp", or "llama-cpp-2" when taken. */
export function nameFor(label: string, taken: readonly string[]): string {
  const base =
    label.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 28).replace(/-+$/, "") || "server";
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (!taken.includes(name)) return name;
  }
}

export interface ProviderFields {
  kind: string;
  base_url: string;
  region?: string;
  models: readonly string[];
}

/** What of a draft says where the provider is, as the API takes it. */
export function placeOf(draft: ProviderDraft): { kind: ProviderKind; base_url: string; region?: string } {
  const place = { kind: draft.kind, base_url: draft.baseUrl.trim() };
  return draft.kind === "bedrock" ? { ...place, region: draft.region ?? "" } : place;
}

/** One thing that saving will do, to be said before it is done. */
export type ProviderChange =
  | { kind: "url"; from: string; to: string }
  | { kind: "region"; to: string }
  | { kind: "type"; from: string; to: string }
  | { kind: "key" }
  | { kind: "patterns"; to: string[] }
  | { kind: "allModels" };

export function providerChanges(before: ProviderFields, draft: ProviderDraft): ProviderChange[] {
  const changes: ProviderChange[] = [];
  if (draft.kind !== before.kind) changes.push({ kind: "type", from: before.kind, to: draft.kind });
  const url = draft.baseUrl.trim();
  if (url !== before.base_url) changes.push({ kind: "url", from: before.base_url, to: url });
  const region = placeOf(draft).region ?? "";
  if (region !== (before.region ?? "")) changes.push({ kind: "region", to: region });
  if (draft.apiKey !== "") changes.push({ kind: "key" });
  const patterns = patternsOf(draft.models);
  if (patterns.join("\n") !== before.models.join("\n")) {
    changes.push(patterns.length === 0 ? { kind: "allModels" } : { kind: "patterns", to: patterns });
  }
  return changes;
}

/** The fields to send: only what changed, so two administrators do not undo each other. Where it is goes together. */
export function providerPatch(changes: readonly ProviderChange[], draft: ProviderDraft): { kind?: ProviderKind; base_url?: string; region?: string; api_key?: string; models?: string[] } {
  const changed = (...kinds: ProviderChange["kind"][]) => changes.some(({ kind }) => kinds.includes(kind));
  return {
    ...(changed("type", "url", "region") ? placeOf(draft) : {}),
    ...(changed("key") ? { api_key: draft.apiKey } : {}),
    ...(changed("patterns", "allModels") ? { models: patternsOf(draft.models) } : {}),
  };
}
