import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { setLanguage } from "@/lib/i18n/i18n";
import { SetupPage } from "./SetupPage";

beforeEach(() => {
  setLanguage("en");
  history.replaceState(null, "", "/setup#token=used");
});

function show(session: Response) {
  vi.stubGlobal("fetch", (request: Request) => Promise.resolve(request.url.endsWith("/api/setup") ? Response.json({ needed: false }) : session));
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <SetupPage />
    </QueryClientProvider>,
  );
}

test("a link used already leads whoever is signed in to the page", async () => {
  show(Response.json({ user: { id: "u", username: "hanako", name: "", role: "admin" } }));

  expect(await screen.findByText(/used already, and you are signed in/)).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "Go to the chats" }));
  expect(location.pathname).toBe("/");
});

test("a link used already leads everyone else to the sign-in", async () => {
  show(Response.json({ code: "not_signed_in", title: "", status: 401 }, { status: 401 }));

  await userEvent.click(await screen.findByRole("button", { name: "Go to sign-in" }));
  expect(location.pathname).toBe("/login");
});
