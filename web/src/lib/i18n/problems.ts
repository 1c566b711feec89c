import type { Translate } from "@/lib/i18n/texts";
import { ApiError, fieldOf } from "../api/errors";

/**
 * A refusal in the reader's words; the server's own detail only where ours would say less. Of a field that people fill in we
 * say what it takes.
 */
export function describe(error: unknown, t: Translate): string {
  if (!(error instanceof ApiError)) return t("common:problem.other", { detail: error instanceof Error ? error.message : "" }).trim();
  const { detail, request_id: id } = error.problem;
  const rule = error.code === "invalid_request" ? `common:rule.${fieldOf(error) ?? ""}` : "";
  const text = t([rule, `common:problem.${error.code}`, "common:problem.other"], { detail }).trim();
  return error.status >= 500 && id ? text + t("common:problem.requestId", { id }) : text;
}

/** What did not work, and why: two sentences as the language puts them together. */
export function explain(what: string, error: unknown, t: Translate): string {
  return t("common:sentences", { first: what, second: describe(error, t) });
}
