import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import { TooltipProvider } from "@/components/ui/Tooltip";
import { keys } from "@/lib/api/queries";
import { chatDefaults } from "@/lib/chatDefaults";
import { setLanguage } from "@/lib/i18n/i18n";
import { preferences } from "@/lib/preferences";
import { expectWrong } from "@/test/expectWrong";
import { SettingsPage } from "./SettingsPage";

const time = "2026-01-02T03:04:05.000Z";
const problem = (status: number, code: string) =>
  Response.json({ type: "about:blank", title: code, status, detail: "", code, request_id: "r" }, { status });

let calls: { method: string; path: string; body: unknown }[];

/** Shows a section; `answer` speaks for the server. */
function show(section: string, answer: (method: string, path: string) => Response | undefined) {
  calls = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    const body: unknown = request.method === "GET" || request.method === "DELETE" ? undefined : await request.json();
    if (request.method !== "GET") calls.push({ method: request.method, path: pathname, body });
    return answer(request.method, pathname) ?? Response.json({ items: [], next: null });
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(keys.session, { user: { id: "u", username: "hanako", name: "山田 花子", role: "user" } });
  render(
    <QueryClientProvider client={client}>
      <TooltipProvider>
        <SettingsPage section={section} />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return userEvent.setup();
}

beforeEach(() => {
  localStorage.clear();
  setLanguage("en");
});

it("changes the password, and says which one was wrong", async () => {
  let refuse = true;
  const user = show("account", (method, path) => {
    if (method === "PUT" && path === "/api/session/password") return refuse ? problem(403, "wrong_credentials") : new Response(null, { status: 204 });
    return undefined;
  });
  await user.type(screen.getByLabelText("Current password"), "old words");
  await user.type(screen.getByLabelText("New password"), "short");
  await user.click(screen.getByRole("button", { name: "Change password" }));
  await expectWrong(screen.getByLabelText("New password"), /^Use at least 8 characters.$/);
  expect(calls).toEqual([]);

  await user.type(screen.getByLabelText("New password"), " but longer");
  await user.click(screen.getByRole("button", { name: "Change password" }));
  await expectWrong(screen.getByLabelText("Current password"), /^That is not your current password.$/);

  refuse = false;
  await user.click(screen.getByRole("button", { name: "Change password" }));
  await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>("New password").value).toBe(""));
  expect(calls.at(-1)).toEqual({ method: "PUT", path: "/api/session/password", body: { current: "old words", new: "short but longer" } });
});

it("says at its field that the name of a key is taken", async () => {
  const user = show("keys", (method) => (method === "POST" ? problem(409, "key_name_taken") : undefined));
  await user.type(screen.getByLabelText("Name of a new key"), "nightly{Enter}");
  await expectWrong(screen.getByLabelText("Name of a new key"), /name/);
  expect(screen.getAllByRole("alert")).toHaveLength(1);
});

it("ends a session at once, and shows it again when the server refuses", async () => {
  const sessions = [
    { id: "1", created_at: time, last_used_at: time, user_agent: "curl/8", current: true },
    { id: "2", created_at: time, last_used_at: time, user_agent: "Mozilla/5.0 (iPhone) Safari/604.1", current: false },
  ];
  let refused: (() => void) | undefined;
  const user = show("account", (method, path) => {
    if (path === "/api/sessions") return Response.json({ items: sessions, next: null });
    if (method === "DELETE") {
      refused?.();
      return problem(503, "unavailable");
    }
    return undefined;
  });
  const row = await screen.findByText("Safari · iPhone");
  const gone = new Promise<void>((resolve) => (refused = resolve));
  await user.click(within(row.closest("li") ?? document.body).getByRole("button"));
  await gone;
  expect(calls).toEqual([{ method: "DELETE", path: "/api/sessions/2", body: undefined }]);
  expect(await screen.findByText("Safari · iPhone")).toBeTruthy();
});

it("shows a new key once, and asks before it revokes one", async () => {
  let items = [{ id: "k1", name: "old", prefix: "kw_1111", created_at: time, last_used_at: null as string | null }];
  const user = show("keys", (method, path) => {
    if (method === "POST") return Response.json({ id: "k2", name: "nightly", prefix: "kw_2222", created_at: time, last_used_at: null, key: "kw_2222secret" }, { status: 201 });
    if (method === "DELETE") items = [];
    return path === "/api/keys" ? Response.json({ items, next: null }) : new Response(null, { status: 204 });
  });
  await user.type(screen.getByLabelText("Name of a new key"), " nightly {Enter}");
  expect(await screen.findByText("kw_2222secret")).toBeTruthy();
  expect(calls[0]?.body).toEqual({ name: "nightly" });
  await user.click(screen.getByRole("button", { name: "Close" }));
  expect(screen.queryByText("kw_2222secret")).toBeNull();

  await user.click(await screen.findByRole("button", { name: "Revoke “old”" }));
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("button", { name: "Revoke “old”" })));
  await user.click(screen.getByRole("button", { name: "Revoke “old”" }));
  expect(calls).toHaveLength(1);
  await user.click(screen.getByRole("button", { name: "Revoke" }));
  await waitFor(() => expect(screen.queryByText("old")).toBeNull());
  await waitFor(() => expect(document.activeElement, "the focus stays where the row was").toBe(screen.getByRole("region", { name: "API keys" })));
  expect(calls[1]).toMatchObject({ method: "DELETE", path: "/api/keys/k1" });
});

it("keeps the theme in this browser", async () => {
  const user = show("appearance", () => undefined);
  await user.click(screen.getByLabelText("Dark"));
  expect(preferences().theme).toBe("dark");
});

it("keeps what new chats begin with, and says when a model is gone", async () => {
  localStorage.setItem("kaiwa.chat-defaults", JSON.stringify({ model: "gone/x" }));
  const models = [{ id: "local/a", name: "a", provider: "local", state: "ready" }];
  const user = show("chat", (_, path) => (path === "/api/models" ? Response.json({ items: models, next: null }) : undefined));
  expect(await screen.findByText("This model is not available now. Choose another.")).toBeTruthy();
  await user.selectOptions(screen.getByLabelText("Model"), "local/a");
  await user.type(screen.getByLabelText("System prompt"), "短く");
  expect(chatDefaults()).toEqual({ model: "local/a", system_prompt: "短く" });
  await user.click(screen.getByRole("button", { name: "Clear these values" }));
  expect(chatDefaults()).toEqual({});
});
