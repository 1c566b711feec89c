import { describe, expect, it } from "vitest";
import { routeOf, threadPath } from "./router";

describe("routeOf", () => {
  it.each([
    ["/", { name: "chat", thread: null }],
    ["/t/0193", { name: "chat", thread: "0193" }],
    ["/login", { name: "login" }],
    ["/setup", { name: "setup" }],
    ["/settings", { name: "settings", section: null }],
    ["/admin/users", { name: "admin", section: "users" }],
    ["/t", { name: "unknown" }],
    ["/t/a/b", { name: "unknown" }],
    ["/nothing", { name: "unknown" }],
  ])("reads %s", (path, route) => expect(routeOf(path)).toEqual(route));

  it("survives an address that is no valid escape", () => {
    expect(routeOf("/t/%E0%A4%A")).toEqual({ name: "chat", thread: "%E0%A4%A" });
  });

  it("reads what threadPath writes", () => {
    expect(routeOf(threadPath("a/b").replace(/#.*/, ""))).toEqual({ name: "chat", thread: "a/b" });
  });
});
