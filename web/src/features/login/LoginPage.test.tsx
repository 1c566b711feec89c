import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { toast, Toaster } from "@/components/ui/toast";
import { TooltipProvider } from "@/components/ui/Tooltip";
import { setLanguage } from "@/lib/i18n/i18n";
import { endSession, keys } from "@/lib/api/queries";
import { expectWrong } from "@/test/expectWrong";
import { LoginPage } from "./LoginPage";

const session = { user: { id: "u", username: "hanako", name: "", role: "user" } };
const problem = (status: number, code: string, headers = {}) =>
  new Response(JSON.stringify({ type: "about:blank", title: code, status, detail: "", code, request_id: "r" }), { status, headers });

let client: QueryClient;
let sent: unknown[];

/** Shows the page; signing in is answered by `answer`. */
function show(answer: () => Response, { needed = false, before }: { needed?: boolean; before?: (client: QueryClient) => void } = {}) {
  sent = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "GET") return Response.json({ needed });
    sent.push(await request.json());
    return answer();
  });
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  before?.(client);
  render(
    <QueryClientProvider client={client}>
      <TooltipProvider>
        <LoginPage />
      </TooltipProvider>
    </QueryClientProvider>,
  );
}

async function signIn(username: string, password: string) {
  const user = userEvent.setup();
  if (username) await user.type(screen.getByLabelText("Username"), username);
  if (password) await user.type(screen.getByLabelText("Password"), password);
  await user.click(screen.getByRole("button", { name: "Sign in" }));
}

beforeEach(() => {
  setLanguage("en");
  history.replaceState(null, "", "/");
});

describe("signing in", () => {
  test("takes the session that the server gives", async () => {
    show(() => Response.json(session));
    await signIn(" hanako ", "secret words");
    await vi.waitFor(() => expect(client.getQueryData(keys.session)).toEqual(session));
    expect(sent).toEqual([{ username: "hanako", password: "secret words" }]);
  });

  test("says what is missing, and asks nothing", async () => {
    show(() => Response.json(session));
    await signIn("", "");
    expect(screen.getByText("Enter your username.")).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByLabelText("Username"));
    await signIn("hanako", "");
    expect(screen.getByText("Enter your password.")).toBeTruthy();
    expect(sent).toEqual([]);
  });

  test("tells wrong words from other failures", async () => {
    show(() => problem(401, "wrong_credentials"));
    await signIn("hanako", "wrong");
    expect((await screen.findByRole("alert")).textContent).toMatch(/username or the password is wrong/);
    await expectWrong(screen.getByLabelText("Password"), /is wrong/);
    await userEvent.setup().clear(screen.getByLabelText("Username"));
    await userEvent.setup().click(screen.getByRole("button", { name: "Sign in" }));
    await expectWrong(screen.getByLabelText("Username"), /Enter your username/);
    expect(screen.getByLabelText("Password").getAttribute("aria-invalid"), "that was another attempt").toBeNull();
  });

  test("waits as long as the server says, and says so", async () => {
    show(() => problem(429, "too_many_requests", { "retry-after": "20" }));
    await signIn("hanako", "wrong");
    expect((await screen.findByRole("alert")).textContent).toMatch(/Wait (20|19) more seconds/);
    await userEvent.setup().click(screen.getByRole("button", { name: "Sign in" }));
    expect(sent).toHaveLength(1);
  });

  test("tells where to begin while there is no administrator", async () => {
    show(() => problem(401, "wrong_credentials"), { needed: true });
    expect(await screen.findByText(/There is no administrator yet/)).toBeTruthy();
  });

  test("says that a session has ended only to whom it had begun for", async () => {
    history.replaceState(null, "", "/t/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
    show(() => Response.json(session));
    await screen.findByText(/forgot your password/);
    expect(screen.queryByText(/session has ended/)).toBeNull();
    cleanup();
    show(() => Response.json(session), {
      before: (cache) => {
        cache.setQueryData(keys.session, session);
        endSession(cache);
      },
    });
    expect(await screen.findByText(/session has ended/)).toBeTruthy();
  });

  test("takes away what was told whoever was here", async () => {
    const undo = vi.fn();
    toast({ text: "“A secret plan” was deleted", action: { label: "Undo", run: undo } });
    toast({ kind: "error", text: "You are signed out." });
    render(<Toaster />);
    expect(screen.getByText(/secret plan/)).toBeTruthy();
    show(() => Response.json(session));
    await screen.findByText(/forgot your password/);
    expect(screen.queryByText(/secret plan|You are signed out/)).toBeNull();
    expect(undo).not.toHaveBeenCalled();
  });

  test("has nothing told over the form of what was under way, and says it again after it", () => {
    const gone = vi.fn();
    render(<Toaster />);
    show(() => Response.json(session));
    const tell = () => act(() => void toast({ text: "“A secret plan” was deleted", onGone: gone }));
    tell();
    expect(screen.queryByText(/secret plan/)).toBeNull();
    expect(gone).toHaveBeenCalledOnce();
    cleanup();
    render(<Toaster />);
    tell();
    expect(screen.getByText(/secret plan/)).toBeTruthy();
  });
});
