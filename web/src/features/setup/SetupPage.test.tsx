import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { TooltipProvider } from "@/components/ui/Tooltip";
import { setLanguage } from "@/lib/i18n/i18n";
import { expectWrong } from "@/test/expectWrong";
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

test("the field that is wrong has the focus and says why", async () => {
  const detail = "the username must not end with a space";
  const refusal = { type: "about:blank", title: "", status: 400, detail, code: "invalid_request", request_id: "r" };
  vi.stubGlobal("fetch", (request: Request) => Promise.resolve(request.method === "GET" ? Response.json({ needed: true }) : Response.json(refusal, { status: 400 })));
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <TooltipProvider>
        <SetupPage />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  const press = () => fireEvent.click(screen.getByRole("button", { name: "Create the administrator and start" }));
  const write = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
  await screen.findByLabelText("Username");
  write("Username", "hanako");
  write("Password", "short");
  press();
  await expectWrong(screen.getByLabelText("Password"), /8 characters/);
  write("Password", "long enough");
  press();
  await expectWrong(screen.getByLabelText("Username"), /no spaces at its ends/);
});
