import { MutationObserver, onlineManager, QueryObserver } from "@tanstack/react-query";
import { afterEach, expect, it, vi } from "vitest";
import { makeClient } from "./client";

afterEach(() => onlineManager.setOnline(true));

it("asks a server on the same machine while the browser says that there is no network", async () => {
  onlineManager.setOnline(false);
  const client = makeClient();
  expect(await client.fetchQuery({ queryKey: ["q"], queryFn: () => Promise.resolve("read") })).toBe("read");
  const saving = new MutationObserver(client, { mutationFn: () => Promise.resolve("saved") });
  expect(await saving.mutate()).toBe("saved");
});

it("reads again when the network is back", async () => {
  const client = makeClient();
  client.mount();
  const queryFn = vi.fn(() => Promise.resolve("read"));
  const end = new QueryObserver(client, { queryKey: ["q"], queryFn, staleTime: 0 }).subscribe(() => undefined);
  await vi.waitFor(() => expect(client.getQueryData(["q"])).toBe("read"));
  onlineManager.setOnline(false);
  onlineManager.setOnline(true);
  await vi.waitFor(() => expect(queryFn).toHaveBeenCalledTimes(2));
  end();
  client.unmount();
});
