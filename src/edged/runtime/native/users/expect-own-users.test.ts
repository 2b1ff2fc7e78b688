import { expect, test } from "bun:test";
import { newPod, sandboxSpec } from "#test/kit/pod-specs.ts";
import { expectOwnUsers } from "./expect-own-users.ts";

const spec = sandboxSpec(newPod(), { hostUsers: false });

test("layers of images have other owners as of Linux 5.19", () => {
  expect(() => expectOwnUsers(spec, "5.19.0")).not.toThrow();
  expect(() => expectOwnUsers(spec, "5.15.0-91-generic")).toThrow(
    "Pods with users of their own need Linux 5.19 or later, and this is 5.15.0-91-generic",
  );
});

test.each(["hostNetwork", "hostPID", "hostIPC"] as const)(
  "a pod with %s has the host's",
  (name) => {
    expect(() => expectOwnUsers({ ...spec, [name]: true }, "6.1")).toThrow(
      `A pod with users of its own cannot have ${name}`,
    );
  },
);
