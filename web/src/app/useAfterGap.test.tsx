import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { act, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { keys, sessionQuery } from "@/lib/api/queries";
import { LiveContext } from "@/lib/events/live";
import { quietLive } from "@/test/quietLive";
import { makeClient } from "./client";
import { useAfterGap } from "./useAfterGap";

const sessionOf = (id: string, role = "user") => ({ user: { id, username: id, name: "", role }, expires_at: "2030-01-01T00:00:00Z" });

/** A page of somebody who is signed in; `gap` is what its live line tells after it was away. */
function show() {
  const client = makeClient();
  client.setQueryData(keys.session, sessionOf("hanako"));
  client.setQueryData(keys.threads(), "threads of hanako");
  let gap: () => void = () => undefined;
  const live = quietLive({
    onGap: (listener) => {
      gap = listener;
      return () => undefined;
    },
  });
  function Who() {
    useAfterGap();
    const { data } = useQuery(sessionQuery);
    return <p>{`${data?.user.username} ${data?.user.role}`}</p>;
  }
  render(
    <QueryClientProvider client={client}>
      <LiveContext value={live}>
        <Who />
      </LiveContext>
    </QueryClientProvider>,
  );
  return { client, gap: () => act(() => gap()) };
}

it("drops what was read for one person when another tab has signed in as another", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json(sessionOf("taro"))));
  const { client, gap } = show();
  gap();
  expect(await screen.findByText("taro user")).toBeTruthy();
  expect(client.getQueryData(keys.threads())).toBeUndefined();
});

it("takes in a role that has changed, and keeps what was read", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json(sessionOf("hanako", "administrator"))));
  const { client, gap } = show();
  gap();
  expect(await screen.findByText("hanako administrator")).toBeTruthy();
  expect(client.getQueryData(keys.threads())).toBe("threads of hanako");
});

it("asks anew which model is the default: the server may have started with another", () => {
  const { client, gap } = show();
  client.setQueryData(keys.config, { default_model: "local/a" });
  client.setQueryData(keys.models, []);
  gap();
  expect([keys.config, keys.models].map((key) => client.getQueryState(key)?.isInvalidated)).toEqual([true, true]);
});
