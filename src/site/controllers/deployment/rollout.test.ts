import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Deployment, ReplicaSet } from "#api/object.ts";
import {
  available,
  ceilingOf,
  currentSize,
  fenceposts,
  isScaling,
  oldSizes,
  scaledSizes,
  sum,
  uidOf,
  wanted,
} from "./rollout.ts";

type Amount = number | string;

function deployment(
  replicas: number,
  rolling: { maxSurge?: Amount; maxUnavailable?: Amount } = {},
): Deployment {
  return {
    spec: {
      replicas,
      selector: {},
      template: {},
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%", ...rolling },
      },
    },
  };
}

interface Numbers {
  readonly size: number;
  readonly up?: number;
  readonly desired?: number;
  readonly max?: number;
}

function replicaSet(uid: string, { size, up = size, desired, max }: Numbers): ReplicaSet {
  const annotations = {
    ...(desired !== undefined && { "deployment.kubernetes.io/desired-replicas": String(desired) }),
    ...(max !== undefined && { "deployment.kubernetes.io/max-replicas": String(max) }),
  };
  return {
    metadata: { uid, name: uid, annotations },
    spec: { replicas: size, selector: {} },
    status: { replicas: size, availableReplicas: up },
  };
}

const sizesOf = (sizes: ReadonlyMap<string, number>) => Object.fromEntries(sizes);

test.each([
  { replicas: 10, maxSurge: "25%", maxUnavailable: "25%", surge: 3, unavailable: 2 },
  { replicas: 1, maxSurge: "25%", maxUnavailable: "25%", surge: 1, unavailable: 0 },
  { replicas: 3, maxSurge: 1, maxUnavailable: 0, surge: 1, unavailable: 0 },
  { replicas: 10, maxSurge: "10%", maxUnavailable: "10%", surge: 1, unavailable: 1 },
  { replicas: 4, maxSurge: 0, maxUnavailable: "1%", surge: 0, unavailable: 1 },
  { replicas: 0, maxSurge: 5, maxUnavailable: 5, surge: 0, unavailable: 0 },
])(
  "shares of $replicas replicas are rounded so that a rollout can move: $maxSurge, $maxUnavailable",
  (given) => {
    const { replicas, surge, unavailable } = given;
    expect(fenceposts(deployment(replicas, given))).toEqual({ surge, unavailable });
  },
);

test("the new ReplicaSet grows into the room that is left below the ceiling", () => {
  const given = deployment(10, { maxSurge: 2 });
  const old = [replicaSet("old", { size: 8 })];
  const current = replicaSet("new", { size: 2 });
  expect(currentSize({ deployment: given, current, old })).toBe(4);
  expect(currentSize({ deployment: given, current: undefined, old: [] })).toBe(10);
});

test("pods of the old template that do not work go first, whatever the floor", () => {
  const given = deployment(10, { maxSurge: 2, maxUnavailable: 2 });
  const old = [replicaSet("a", { size: 4, up: 0 }), replicaSet("b", { size: 6, up: 6 })];
  const current = replicaSet("new", { size: 2, up: 0 });
  expect(sizesOf(oldSizes({ deployment: given, current, old }))).toEqual({ a: 2 });
});

test("no old pod goes while as many as may be are missing already", () => {
  const given = deployment(4, { maxSurge: 1, maxUnavailable: 0 });
  const old = [replicaSet("a", { size: 4 })];
  const current = replicaSet("new", { size: 1, up: 0 });
  expect(sizesOf(oldSizes({ deployment: given, current, old }))).toEqual({});
});

test("scaling is seen by what the ReplicaSets were last sized for", () => {
  expect(isScaling(deployment(5), [replicaSet("a", { size: 3, desired: 3 })])).toBe(true);
  expect(isScaling(deployment(3), [replicaSet("a", { size: 3, desired: 3 })])).toBe(false);
  expect(isScaling(deployment(5), [replicaSet("a", { size: 0, desired: 3 })])).toBe(false);
});

test("a Deployment that is scaled in the middle of a rollout keeps its proportions", () => {
  // kubernetes.io/docs/concepts/workloads/controllers/deployment, Proportional scaling
  const given = deployment(15, { maxSurge: 3, maxUnavailable: 2 });
  const old = [replicaSet("old", { size: 8, desired: 10, max: 13 })];
  const current = replicaSet("new", { size: 5, desired: 10, max: 13 });
  expect(sizesOf(scaledSizes({ deployment: given, current, old }))).toEqual({ old: 11, new: 7 });
});

test("a ReplicaSet that is alone takes the whole change", () => {
  const current = replicaSet("new", { size: 3, desired: 3 });
  const old = [replicaSet("old", { size: 0 })];
  expect(sizesOf(scaledSizes({ deployment: deployment(7), current, old }))).toEqual({ new: 7 });
});

/** Plays a rollout to its end, with pods that become ready as `luck` has it. */
function play(given: Deployment, luck: () => boolean, sizes: readonly number[]) {
  let old = sizes.map((size, index) => replicaSet(`old${index}`, { size }));
  let current = replicaSet("new", { size: 0 });
  const seen: { total: number; up: number }[] = [];
  for (let round = 0; round < 500; round++) {
    const size = currentSize({ deployment: given, current, old });
    if (size === wanted(current)) {
      const next = oldSizes({ deployment: given, current, old });
      old = old.map((one) => {
        const fewer = next.get(uidOf(one)) ?? wanted(one);
        return replicaSet(uidOf(one), { size: fewer, up: Math.min(fewer, available(one)) });
      });
    } else {
      current = replicaSet("new", { size, up: available(current) });
    }
    const all = [...old, current];
    seen.push({ total: sum(all, wanted), up: sum(all, available) });
    if (sum(old, wanted) === 0 && available(current) === given.spec?.replicas)
      return { seen, done: true };
    if (available(current) < wanted(current) && luck()) {
      current = replicaSet("new", { size: wanted(current), up: available(current) + 1 });
    }
  }
  return { seen, done: false };
}

test("every rollout ends, above its floor and below its ceiling all the way", () => {
  const amount = fc.oneof(
    fc.integer({ min: 0, max: 5 }),
    fc.constantFrom("0%", "25%", "50%", "100%"),
  );
  const property = fc.property(
    fc.integer({ min: 1, max: 12 }),
    amount,
    amount,
    (replicas, maxSurge, maxUnavailable) => {
      const given = deployment(replicas, { maxSurge, maxUnavailable });
      let coin = 0;
      const { seen, done } = play(given, () => coin++ % 3 !== 0, [replicas]);
      const floor = replicas - fenceposts(given).unavailable;
      expect(done).toBe(true);
      expect(Math.max(...seen.map(({ total }) => total))).toBeLessThanOrEqual(ceilingOf(given));
      expect(Math.min(...seen.map(({ up }) => up))).toBeGreaterThanOrEqual(floor);
    },
  );
  fc.assert(property, { numRuns: 200 });
});
