import createClient, { type Middleware } from "openapi-fetch";
import { ApiError, isApiError, networkProblem, problemOf } from "./errors";
import type { paths } from "./schema";

/** Called when the server says that nobody is signed in any more. */
let onSignedOut: () => void = () => undefined;

export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

const refuse: Middleware = {
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    const error = new ApiError(await problemOf(response), response.headers.get("retry-after"));
    if (error.status === 401 && schemaPath !== "/api/session") onSignedOut();
    throw error;
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    return new ApiError(networkProblem());
  },
};

/** Every route of the contract, typed. What is not a success is thrown as an ApiError. */
export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "",
  credentials: "same-origin",
  // Looked up at each call, so that a test can stand in for the network.
  fetch: (request) => globalThis.fetch(request),
});
api.use(refuse);

/** The body of a call that `api` has already checked. One that breaks off did not arrive. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  try {
    const { data } = await call;
    return data as T;
  } catch (error) {
    if (isApiError(error) || (error instanceof DOMException && error.name === "AbortError")) throw error;
    throw new ApiError(networkProblem());
  }
}
