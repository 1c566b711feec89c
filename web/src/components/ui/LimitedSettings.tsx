import type { ThreadSettings } from "@/lib/api/types";
import { fileSize } from "@/lib/fileSize";
import type { Translate } from "@/lib/i18n/texts";
import { byteLength, isLongerThan, longestSystemPrompt, mostTokens, tokensOf } from "@/lib/limits";
import { Field, TextArea, TextInput } from "./Field";

/** What was typed into the fields last; what the server would refuse is here alone. */
export interface Typed {
  tokens?: string;
  prompt?: string;
}

interface Props {
  /** Of a namespace that names the fields. */
  t: Translate;
  /** What stands in the field while no limit is set. */
  placeholder: string;
  rows: number;
  settings: ThreadSettings;
  typed: Typed;
  onTyped: (typed: Typed) => void;
  /** With what the server takes; null while it would refuse what is typed. */
  onChange: <K extends "max_tokens" | "system_prompt">(name: K, value: ThreadSettings[K] | null) => void;
}

/** The settings of a model that have limits: each field keeps what was typed and says beside it why that is not taken. */
export function LimitedSettings({ t, placeholder, rows, settings, typed, onTyped, onChange }: Props) {
  const tokens = tokensOf(typed.tokens ?? "");
  const showsTyped = tokens === null || tokens === settings.max_tokens;
  const prompt = typed.prompt !== undefined && isLongerThan(longestSystemPrompt, typed.prompt) ? typed.prompt : null;
  const tooLong = () => t("promptTooLong", { size: fileSize(longestSystemPrompt), length: fileSize(byteLength(prompt ?? "")), characters: Math.floor(longestSystemPrompt / 300) * 100 });
  return (
    <>
      <Field label={t("maxTokens")} hint={t("maxTokensHint")} error={tokens === null ? t("tokensRange", { most: mostTokens }) : undefined}>
        {(ids) => (
          <TextInput
            {...ids}
            inputMode="numeric"
            autoComplete="off"
            placeholder={placeholder}
            value={showsTyped ? (typed.tokens ?? "") : (settings.max_tokens ?? "")}
            onChange={({ target: { value } }) => {
              const wanted = tokensOf(value);
              onTyped({ ...typed, tokens: value });
              onChange("max_tokens", wanted);
            }}
          />
        )}
      </Field>
      <Field label={t("systemPrompt")} hint={t("systemPromptHint")} error={prompt === null ? undefined : tooLong()}>
        {(ids) => (
          <TextArea
            {...ids}
            rows={rows}
            value={prompt ?? settings.system_prompt ?? ""}
            onChange={({ target: { value } }) => {
              const refused = isLongerThan(longestSystemPrompt, value);
              onTyped({ ...typed, prompt: refused ? value : "" });
              onChange("system_prompt", refused ? null : value === "" ? undefined : value);
            }}
          />
        )}
      </Field>
    </>
  );
}
