import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { TooltipProvider } from "@/components/ui/Tooltip";
import type { ManagedUser } from "@/lib/api/types";
import { setLanguage } from "@/lib/i18n/i18n";
import { expectWrong } from "@/test/expectWrong";
import "./texts";
import { NewUserPanel, UserPanel } from "./UserPanel";

const user = { id: "u", username: "hanako", name: "Hanako", role: "user", disabled: false } as ManagedUser;

beforeEach(() => {
  setLanguage("en");
  vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => undefined, removeEventListener: () => undefined }));
});

test("what another administrator changes meanwhile is not undone", async () => {
  const sent: unknown[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    sent.push(await request.json());
    return Response.json({});
  });
  const client = new QueryClient();
  const panel = (shown: ManagedUser) => (
    <QueryClientProvider client={client}>
      <TooltipProvider>
        <UserPanel user={shown} onClose={() => undefined} />
      </TooltipProvider>
    </QueryClientProvider>
  );
  const { rerender } = render(panel(user));
  rerender(panel({ ...user, role: "administrator" }));
  fireEvent.change(screen.getByDisplayValue("Hanako"), { target: { value: "Hanako S." } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await vi.waitFor(() => expect(sent).toEqual([{ name: "Hanako S." }]));
  // Saved: there is nothing more to save.
  await vi.waitFor(() => expect(screen.getByRole("button", { name: "Save" }).getAttribute("aria-disabled")).toBe("true"));
});

test("a password that was made here is shown, for it is to be told to the person", () => {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <NewUserPanel onClose={() => undefined} />
    </QueryClientProvider>,
  );
  const field = () => screen.getByLabelText<HTMLInputElement>("First password");
  fireEvent.change(field(), { target: { value: "of their own" } });
  expect(field().type).toBe("password");
  fireEvent.click(screen.getByRole("button", { name: "Make a safe password" }));
  expect(field().type).toBe("text");
  expect(field().value).toMatch(/^\w{5}(-\w{5}){3}$/);
});

test("the field that is wrong has the focus and says why", async () => {
  const refusal = { type: "about:blank", title: "", status: 409, detail: "", code: "username_taken", request_id: "r" };
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json(refusal, { status: 409 })));
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TooltipProvider>
        <NewUserPanel onClose={() => undefined} />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  const press = () => fireEvent.click(screen.getByRole("button", { name: "Add user" }));
  const write = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
  press();
  await expectWrong(screen.getByLabelText("Username"), /./);
  write("Username", "hanako");
  write("First password", "short");
  press();
  await expectWrong(screen.getByLabelText("First password"), /8/);
  write("First password", "long enough");
  press();
  await expectWrong(screen.getByLabelText("Username"), /taken/);
  expect(screen.getAllByRole("alert")).toHaveLength(1);
});

test("a new password of a user that is too short has the focus", async () => {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TooltipProvider>
        <UserPanel user={user} onClose={() => undefined} />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  fireEvent.change(screen.getByLabelText("New password"), { target: { value: "short" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await expectWrong(screen.getByLabelText("New password"), /8/);
});
