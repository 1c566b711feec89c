import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { TooltipProvider } from "@/components/ui/Tooltip";
import { setLanguage } from "@/lib/i18n/i18n";
import { expectWrong } from "@/test/expectWrong";
import { ProviderForm } from "./ProviderForm";
import "./texts";

beforeEach(() => setLanguage("en"));

const write = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

/** A form for a new provider; saving is refused with the next of `refusals`. */
function show(asks: "all" | "key", ...refusals: { code: string; status: number; detail: string }[]) {
  vi.stubGlobal("fetch", () => {
    const refusal = { type: "about:blank", title: "", request_id: "r", ...refusals.shift() };
    return Promise.resolve(Response.json(refusal, { status: refusal.status ?? 500 }));
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TooltipProvider>
        <ProviderForm initial={{ name: "", kind: "openai", baseUrl: "", apiKey: "", models: "" }} taken={["office"]} asks={asks} onSaved={() => undefined} />
      </TooltipProvider>
    </QueryClientProvider>,
  );
}

test("the first field that is wrong has the focus and says why", async () => {
  show("all", { code: "conflict", status: 409, detail: "" }, { code: "invalid_request", status: 400, detail: "base_url: expected another" });
  write("Name", "office");
  press("Add provider");
  await expectWrong(screen.getByLabelText("Name"), /another name|taken|already/i);
  write("Name", "lab");
  press("Add provider");
  await expectWrong(screen.getByLabelText("Address"), /./);
  write("Address", "http://127.0.0.1:9900/v1");
  press("Add provider");
  await expectWrong(screen.getByLabelText("Name"), /already|taken/i);
  write("Name", "lab-2");
  press("Add provider");
  await expectWrong(screen.getByLabelText("Address"), /An address begins with http/);
  expect(screen.getAllByRole("alert")).toHaveLength(1);
});

test("a test of the connection needs no name, and leads to what it does need", async () => {
  show("all");
  press("Test connection");
  await expectWrong(screen.getByLabelText("Address"), /./);
});

test("a test of the connection leads past a name that was missing before", async () => {
  show("all");
  press("Add provider");
  await expectWrong(screen.getByLabelText("Name"), /./);
  press("Test connection");
  await expectWrong(screen.getByLabelText("Address"), /./);
});

test("what the server refused is not said of another value", async () => {
  show("all", { code: "invalid_request", status: 400, detail: "base_url: expected another" });
  write("Name", "lab");
  write("Address", "http://127.0.0.1:9900/v1");
  press("Add provider");
  await expectWrong(screen.getByLabelText("Address"), /begins with http/);
  write("Name", "lab-2");
  expect(screen.getByRole("alert")).toBeTruthy();
  write("Address", "http://127.0.0.1:9901/v1");
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});

test("a refusal takes the focus from no field that was turned to since", async () => {
  show("all", { code: "invalid_request", status: 400, detail: "base_url: expected another" });
  write("Name", "lab");
  write("Address", "http://127.0.0.1:9900/v1");
  screen.getByRole("button", { name: "Add provider" }).focus();
  press("Add provider");
  screen.getByLabelText("Name").focus();
  await screen.findByRole("alert");
  expect(document.activeElement).toBe(screen.getByLabelText("Name"));
});

test("what is wrong among the details is shown there", async () => {
  show("key");
  press("Add provider");
  await expectWrong(screen.getByLabelText("Name"), /./);
  expect(screen.getByRole("group").hasAttribute("open")).toBe(true);
  write("Name", "lab");
  expect(screen.getByRole("group").hasAttribute("open"), "while it is corrected").toBe(true);
});
