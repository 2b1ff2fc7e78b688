import { expect, test } from "bun:test";
import { amountsList } from "../amounts.ts";
import type { Pod } from "../object.ts";
import { PODS } from "../resources.ts";
import { QuotaMeter } from "./meter.ts";

const spec = { containers: [] };
const staying: Pod = { spec };
const going: Pod = {
  metadata: {
    deletionTimestamp: "2030-01-01T00:00:30Z",
    deletionGracePeriodSeconds: 30,
  },
  spec,
};

test("a pod that should be gone counts for its place in the store alone", () => {
  const meter = new QuotaMeter();
  const quota = { spec: { hard: { pods: "9", "count/pods": "9" } } };
  const at = (time: string): object => {
    const now = new Date(time);
    return amountsList(meter.total(quota, { resource: PODS, objects: [going, staying], now }));
  };
  expect(at("2030-01-01T00:01:00Z")).toEqual({ pods: "2", "count/pods": "2" });
  expect(at("2030-01-01T00:01:00.001Z")).toEqual({ pods: "1", "count/pods": "2" });
  const lapseMs = Date.parse("2030-01-01T00:01:00Z");
  expect(meter.nextLapseMs(PODS, [staying, going], new Date(lapseMs))).toBe(lapseMs);
  expect(meter.nextLapseMs(PODS, [staying, going], new Date(lapseMs + 1))).toBeUndefined();
});
