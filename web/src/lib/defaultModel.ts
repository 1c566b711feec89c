import type { Config, Model } from "./api/types";

/** The provider that answers until a model is connected: chosen only where there is nothing else. */
const builtin = "builtin";

/** The model that answers who names none, as the server chooses it; null while none is known. */
export function defaultModel(config: Pick<Config, "default_model"> | undefined, models: readonly Model[] | undefined): string | null {
  if (config?.default_model != null) return config.default_model;
  const real = models?.filter(({ provider }) => provider !== builtin) ?? [];
  const chosen = real.find(({ state }) => state === "ready") ?? real[0] ?? models?.[0];
  return chosen?.id ?? null;
}
