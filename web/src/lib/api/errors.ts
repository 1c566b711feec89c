import type { Problem } from "./types";

/** A refusal of the server, or the lack of one: `code` is what to decide by, `detail` what to show beside our own words. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: string;
  readonly status: number;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(readonly problem: Problem, retryAfter: string | null = null) {
    super(problem.detail || problem.title);
    this.code = problem.code;
    this.status = problem.status;
    const seconds = Number(retryAfter);
    this.retryAfter = retryAfter !== null && Number.isFinite(seconds) ? seconds : undefined;
  }
}

/** The field that a refusal is about, as the API calls it; null where it is about none, or about several. */
export function fieldOf(error: unknown): string | null {
  if (!(error instanceof ApiError)) return null;
  switch (error.code) {
    case "username_taken":
      return "username";
    case "wrong_credentials":
      return "password";
    case "key_name_taken":
      return "name";
    case "invalid_request":
      // "the username must …", "base_url: expected …"
      return /^(?:the )?(\w+)(?:: | must )/.exec(error.problem.detail)?.[1] ?? null;
    default:
      return null;
  }
}

export function networkProblem(): Problem {
  return { type: "about:blank", title: "Network", status: 0, detail: "", code: "network", request_id: "" };
}

/** The problem that a refusal carries. A gateway's own page has none, so one is made of its status. */
export async function problemOf(response: Response): Promise<Problem> {
  try {
    const found: unknown = await response.json();
    if (isProblem(found)) return found;
  } catch {
    // Not JSON: what follows says all there is.
  }
  return {
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    detail: "",
    code: `http_${response.status}`,
    request_id: response.headers.get("x-request-id") ?? "",
  };
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && typeof value.code === "string" && "status" in value;
}

export function isApiError(error: unknown, code?: string): error is ApiError {
  return error instanceof ApiError && (code === undefined || error.code === code);
}
