import { expect, test } from "bun:test";
import { ResourceVersions } from "./resource-versions.ts";

/** Gives out `count` numbers, as the store does; every reservation that comes up is `durable` or not. */
function use(versions: ResourceVersions, count: number, durable: boolean): number[] {
  const reserved: number[] = [];
  for (let index = 0; index < count; index++) {
    versions.next();
    const reservation = versions.reserve();
    if (!reservation) continue;
    const { operation, settled } = reservation;
    if (operation.kind !== "putSetting") throw new TypeError("Expected a setting");
    settled(durable);
    if (durable) reserved.push(Number(operation.value));
  }
  return reserved;
}

test("the first number of a run is not given out before its ceiling is asked for", () => {
  const versions = new ResourceVersions(undefined);
  versions.next();
  expect(versions.reserve()).toBeDefined();
  expect(versions.reserve()).toBeUndefined();
});

test("no number above the durable ceiling is given out without a reservation of its turn", () => {
  const versions = new ResourceVersions(undefined);
  const [ceiling = 0] = use(versions, 1, true);
  use(versions, 2 ** 20 + 1, false);
  expect(versions.last).toBeGreaterThan(ceiling);
  versions.next();
  expect(versions.reserve()).toBeDefined();
});

test("runs never share a number, however far they came", () => {
  let stored: string | undefined;
  let last = 0;
  for (const count of [1, 70_000, 1_000_000, 1_048_576, 1_200_000]) {
    const versions = new ResourceVersions(stored);
    expect(versions.last).toBeGreaterThanOrEqual(last);
    const ceiling = use(versions, count, true).at(-1) ?? 0;
    expect(ceiling).toBeGreaterThan(versions.last);
    stored = String(ceiling);
    last = versions.last;
  }
});
