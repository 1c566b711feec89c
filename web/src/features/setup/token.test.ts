import { expect, test } from "vitest";
import { tokenOf } from "./token";

test("the token is read from the fragment, which browsers never send to a server", () => {
  expect(tokenOf("#token=Ab-9_z")).toBe("Ab-9_z");
  expect(tokenOf("#lang=ja&token=x%20")).toBe("x");
});

test("an address without a token says so", () => {
  for (const hash of ["", "#", "#token=", "#token=%20", "#other=1"]) expect(tokenOf(hash)).toBeNull();
});
