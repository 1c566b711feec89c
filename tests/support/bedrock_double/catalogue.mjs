// What the lists of the control plane say, unless a test says otherwise.
const arn = (id) => `arn:aws:bedrock:us-east-1::foundation-model/${id}`;
const account = "arn:aws:bedrock:us-east-1:123456789012";

function model(modelId, modelName, more = {}) {
  return {
    modelArn: arn(modelId),
    modelId,
    modelName,
    providerName: "Test",
    inputModalities: ["TEXT"],
    outputModalities: ["TEXT"],
    responseStreamingSupported: true,
    customizationsSupported: [],
    inferenceTypesSupported: ["ON_DEMAND"],
    modelLifecycle: { status: "ACTIVE" },
    ...more,
  };
}

const models = [
  model("anthropic.claude-3-haiku-20240307-v1:0", "Claude 3 Haiku", { inputModalities: ["TEXT", "IMAGE"] }),
  model("anthropic.claude-3-haiku-20240307-v1:0:48k", "Claude 3 Haiku", { inferenceTypesSupported: ["PROVISIONED"] }),
  model("anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude Sonnet 4.5", { inputModalities: ["TEXT", "IMAGE"], inferenceTypesSupported: ["INFERENCE_PROFILE"] }),
  model("anthropic.claude-v2", "Claude 2", { modelLifecycle: { status: "LEGACY" } }),
  model("amazon.nova-lite-v1:0", "Nova Lite", { inputModalities: ["TEXT", "IMAGE", "VIDEO"] }),
  model("amazon.titan-image-generator-v2:0", "Titan Image Generator", { outputModalities: ["IMAGE"] }),
  model("amazon.titan-embed-text-v1", "Titan Embeddings G1 - Text", { outputModalities: ["EMBEDDING"] }),
  model("amazon.titan-embed-text-v2:0", "Titan Text Embeddings V2", { outputModalities: ["EMBEDDING"] }),
  model("cohere.embed-english-v3", "Embed English", { outputModalities: ["EMBEDDING"] }),
  model("cohere.embed-multilingual-v3", "Embed Multilingual", { outputModalities: ["EMBEDDING"] }),
  model("cohere.embed-v4:0", "Embed v4", { outputModalities: ["EMBEDDING"], inferenceTypesSupported: ["INFERENCE_PROFILE"] }),
  model("amazon.titan-text-express-v1:0:8k", "Titan Text Express", {}),
  model("openai.gpt-oss-120b-1:0", "gpt-oss-120b", {}),
];

const profile = (inferenceProfileId, inferenceProfileName, ids, more = {}) => ({
  inferenceProfileId,
  inferenceProfileName,
  inferenceProfileArn: `${account}:inference-profile/${inferenceProfileId}`,
  models: ids.map((id) => ({ modelArn: arn(id) })),
  status: "ACTIVE",
  type: "SYSTEM_DEFINED",
  createdAt: "2025-01-01T00:00:00Z",
  ...more,
});

const profiles = [
  profile("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "US Claude Sonnet 4.5", ["anthropic.claude-sonnet-4-5-20250929-v1:0"]),
  profile("us.amazon.nova-lite-v1:0", "US Nova Lite", ["amazon.nova-lite-v1:0"]),
  profile("us.amazon.titan-image-generator-v2:0", "US Titan Image", ["amazon.titan-image-generator-v2:0"]),
  profile("abcdef123456", "team-a", ["anthropic.claude-3-haiku-20240307-v1:0"], {
    type: "APPLICATION",
    inferenceProfileArn: `${account}:application-inference-profile/abcdef123456`,
  }),
  profile("us.cohere.embed-v4:0", "US Embed v4", ["cohere.embed-v4:0"]),
  profile("vectors12345", "vectors", ["amazon.titan-embed-text-v2:0"], {
    type: "APPLICATION",
    inferenceProfileArn: `${account}:application-inference-profile/vectors12345`,
  }),
];

const profileOf = (id) => profiles.find((item) => item.inferenceProfileId === id || item.inferenceProfileArn === id);

/** The id of the model that an id, a profile or an ARN leads to. */
export function modelBehind(id) {
  const arnOfModel = profileOf(id)?.models[0].modelArn ?? id;
  return arnOfModel.replace(/^arn:aws:bedrock:[a-z0-9-]+::foundation-model\//, "");
}

/** Whether a model can be called by its profiles only. */
export const needsProfile = (id) =>
  !profileOf(id) && models.some((item) => item.modelId === modelBehind(id) && !item.inferenceTypesSupported.includes("ON_DEMAND"));

const pageSize = 2;

/** The answer of ListFoundationModels or ListInferenceProfiles. */
export function catalogue(name, query) {
  if (name === "foundation-models") {
    const output = query.get("byOutputModality");
    const inference = query.get("byInferenceType");
    return {
      modelSummaries: models.filter(
        (item) => (!output || item.outputModalities.includes(output)) && (!inference || item.inferenceTypesSupported.includes(inference)),
      ),
    };
  }
  const from = Number(query.get("nextToken") ?? 0);
  const page = { inferenceProfileSummaries: profiles.slice(from, from + pageSize) };
  if (from + pageSize < profiles.length) page.nextToken = String(from + pageSize);
  return page;
}
