import createClient, { type Middleware } from "openapi-fetch";
import { ApiError, isApiError, networkProblem, problemOf } from "./errors";
import type { paths } from "./schema";

/** Called when the server says that nobody is signed in any more. */
let onSignedOut: () => void = () => undefined;

export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

/** For calls that do not go through `api`. */
export function signedOut(): void {
  onSignedOut();
}

/** Its caller does not want it any more. */
function isGivenUp(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

const refuse: Middleware = {
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    const error = new ApiError(await problemOf(response), response.headers.get("retry-after"));
    if (error.status === 401 && schemaPath !== "/api/session") onSignedOut();
    throw error;
  },
  onError({ error }) {
    if (isGivenUp(error)) return;
    return new ApiError(networkProblem());
  },
};

/** The server answers everything sooner, or says that it cannot: what is silent so long did not arrive. */
export const patience = 30_000;

/** Ends what has no answer in time. Its body may take longer, as that of a large export does. */
async function fetchInTime(request: Request): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException("no answer in time", "TimeoutError")), patience);
  const abort = () => late.abort(request.signal.reason);
  if (request.signal.aborted) abort();
  request.signal.addEventListener("abort", abort);
  try {
    // Looked up at each call, so that a test can stand in for the network.
    return await globalThis.fetch(request, { signal: late.signal });
  } finally {
    clearTimeout(timer);
  }
}

/** Every route of the contract, typed. What is not a success is thrown as an ApiError. */
export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "",
  credentials: "same-origin",
  fetch: fetchInTime,
});
api.use(refuse);

/** The body of a call that `api` has already checked. One that breaks off did not arrive. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  try {
    const { data } = await call;
    return data as T;
  } catch (error) {
    if (isApiError(error) || isGivenUp(error)) throw error;
    throw new ApiError(networkProblem());
  }
}
