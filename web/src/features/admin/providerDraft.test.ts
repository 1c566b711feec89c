import { describe, expect, test } from "vitest";
import { nameFor, patternsOf, placeOf, problemsOf, providerChanges, providerPatch, type ProviderDraft } from "./providerDraft";

const draft: ProviderDraft = {
  name: "office",
  kind: "openai",
  baseUrl: "http://10.0.0.5:8000/v1",
  apiKey: "",
  models: "",
};

describe("the provider form", () => {
  test("patterns are read as people write them", () => {
    expect(patternsOf(" qwen*\n\nllama-3*, gemma*、phi ")).toEqual(["qwen*", "llama-3*", "gemma*", "phi"]);
    expect(patternsOf(" \n ")).toEqual([]);
  });

  test("names and addresses that cannot work are told before sending", () => {
    expect(problemsOf(draft, [])).toEqual({});
    expect(problemsOf(draft, ["office"])).toEqual({ name: "nameTaken" });
    for (const name of ["", "-a", "Office", "日本", "a".repeat(33), "a/b"]) {
      expect(problemsOf({ ...draft, name }, []).name).toBe("name");
    }
    for (const baseUrl of ["", "localhost:8000", "ftp://host/v1", "http://", "ほげ"]) {
      expect(problemsOf({ ...draft, baseUrl }, []).baseUrl).toBe("url");
    }
    expect(problemsOf({ ...draft, baseUrl: "https://user:key@host/v1" }, []).baseUrl).toBe("urlCredentials");
  });

  test("bedrock needs no address, and a region that can be one", () => {
    const bedrock: ProviderDraft = { ...draft, kind: "bedrock", baseUrl: "", region: "us-east-1" };
    expect(problemsOf(bedrock, [])).toEqual({});
    expect(problemsOf({ ...bedrock, region: "" }, [])).toEqual({});
    expect(problemsOf({ ...bedrock, region: "us east" }, [])).toEqual({ region: "region" });
    expect(problemsOf({ ...bedrock, baseUrl: "vpce" }, [])).toEqual({ baseUrl: "url" });
    expect(placeOf(bedrock)).toEqual({ kind: "bedrock", base_url: "", region: "us-east-1" });
    expect(placeOf(draft)).toEqual({ kind: "openai", base_url: draft.baseUrl });
    const before = { kind: "bedrock", base_url: "", region: "us-east-1", models: [] };
    expect(providerChanges(before, { ...bedrock, region: "eu-west-1" })).toEqual([{ kind: "region", to: "eu-west-1" }]);
    expect(providerChanges(before, bedrock)).toEqual([]);
  });

  test("a found server gets a name that is free", () => {
    expect(nameFor("Ollama", [])).toBe("ollama");
    expect(nameFor("llama.cpp", ["llama-cpp", "llama-cpp-2"])).toBe("llama-cpp-3");
    expect(nameFor("日本", [])).toBe("server");
    expect(problemsOf({ ...draft, name: nameFor("x".repeat(80), ["x".repeat(28)]) }, [])).toEqual({});
  });

  test("saving says what it will change", () => {
    const before = { kind: "openai", base_url: draft.baseUrl, models: ["a"] };
    expect(providerChanges(before, { ...draft, models: "a" })).toEqual([]);
    expect(providerChanges(before, { ...draft, apiKey: "k", baseUrl: "http://other/v1" })).toEqual([
      { kind: "url", from: draft.baseUrl, to: "http://other/v1" },
      { kind: "key" },
      { kind: "allModels" },
    ]);
    expect(providerChanges(before, { ...draft, models: "b\nc" })).toEqual([{ kind: "patterns", to: ["b", "c"] }]);
  });

  test("saving sends only what was changed here", () => {
    const before = { kind: "openai", base_url: draft.baseUrl, models: ["a"] };
    const patch = (change: Partial<ProviderDraft>) => {
      const next = { ...draft, models: "a", ...change };
      return providerPatch(providerChanges(before, next), next);
    };
    expect(patch({})).toEqual({});
    expect(patch({ apiKey: "k" })).toEqual({ api_key: "k" });
    expect(patch({ models: "" })).toEqual({ models: [] });
    expect(patch({ baseUrl: "http://other/v1" })).toEqual({ kind: "openai", base_url: "http://other/v1" });
  });
});
