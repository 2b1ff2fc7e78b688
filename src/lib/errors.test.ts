import { expect, test } from "bun:test";
import { explain, mendable, UserError } from "./errors.ts";

const noSpace = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });

test("an error is explained with its causes, and nothing twice", () => {
  const cause = new Error("database or disk is full");
  expect(explain(new Error("Cannot store", { cause }))).toBe(
    "Cannot store: database or disk is full",
  );
  expect(explain(new Error("Cannot store: database or disk is full", { cause }))).toBe(
    "Cannot store: database or disk is full",
  );
});

test("what a person can mend is found behind other errors, the rest is a defect", () => {
  const user = new UserError("Cannot listen on :6443");
  expect(mendable(new Error("Module apiserver failed", { cause: user }), "Cannot start")).toBe(
    user,
  );
  const { message } = mendable(new Error("outer", { cause: noSpace }), "Cannot start") ?? {};
  expect(message).toBe("Cannot start: no space left on device");
  expect(mendable(new TypeError("x is undefined"), "Cannot start")).toBeUndefined();
});
