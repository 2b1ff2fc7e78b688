import { expect, test } from "bun:test";
import { type Job, nameOf, type Pod } from "#api/object.ts";
import { JOBS } from "#api/resources.ts";
import { systemClock } from "#lib/clock.ts";
import { OwnedPods } from "./owned-pods.ts";

const owner: Job = { metadata: { namespace: "x", name: "j", uid: "j" } };
const podOf = (name: string): Pod => ({ metadata: { namespace: "x", name, uid: name } });

/** Refuses what is named so. */
function owned(broken: ReadonlySet<string>) {
  const act = async (name: string): Promise<void> => {
    if (broken.has(name)) throw new Error(`${name} is refused`);
  };
  return new OwnedPods({
    resource: JOBS,
    clock: systemClock,
    control: {
      create: async (_owner, _resource, { prefix = "" }) => {
        await act(prefix);
        return podOf(prefix);
      },
      delete: (_owner, pod) => act(nameOf(pod)),
    },
  });
}

test("what was done is waited for until the cache shows it, what failed is not", async () => {
  const pods = owned(new Set(["b"]));
  const { added, updated, deleted } = pods.observer(() => "x/j");
  const removal = pods.delete(owner, [podOf("a"), podOf("b")]);
  expect(pods.isShown("x/j")).toBe(false);
  expect(await removal.catch((error: Error) => error.message)).toBe("b is refused");
  expect(pods.isShown("x/j")).toBe(false);
  const ending = {
    ...podOf("a"),
    metadata: { uid: "a", deletionTimestamp: "2030-01-01T00:00:00Z" },
  };
  updated?.(ending, podOf("a"));
  expect(pods.isShown("x/j")).toBe(true);
  expect([podOf("a"), podOf("b")].map((pod) => pods.wasRemoved(pod))).toEqual([true, false]);
  deleted?.(podOf("a"));
  expect(pods.wasRemoved(podOf("a"))).toBe(false);

  const creation = pods.create(owner, [
    { template: {}, prefix: "c" },
    { template: {}, prefix: "b" },
  ]);
  expect(await creation.catch((error: Error) => error.message)).toBe("b is refused");
  expect(pods.isShown("x/j")).toBe(false);
  added?.(podOf("c"));
  expect(pods.isShown("x/j")).toBe(true);
});

test("an owner that is gone is waited for no longer", async () => {
  const pods = owned(new Set());
  await pods.delete(owner, [podOf("a")]);
  expect(pods.isShown("x/j")).toBe(false);
  pods.forget("x/j");
  expect(pods.isShown("x/j")).toBe(true);
});
