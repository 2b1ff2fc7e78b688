import { expect, test } from "bun:test";
import { Latencies } from "./latencies.ts";

test("where the time went is told of requests that took more than half a second", async () => {
  let now = 1000;
  const latencies = new Latencies(() => now, 0.25);
  const takes = (ms: number) => (): string => {
    now += ms;
    return "done";
  };
  expect(latencies.timed("authorization", takes(0.0005))).toBe("done");
  await latencies.timed("etcd", async () => takes(20)());
  const failing = latencies.timed("mutating-webhook", () =>
    Promise.resolve().then(() => {
      now += 300;
      throw new Error("refused");
    }),
  );
  expect(await failing.catch((error: Error) => error.message)).toBe("refused");
  expect(latencies.told()).toEqual(new Map());
  latencies.timed("mutating-webhook", takes(1200));
  const layer = "apiserver.latency.k8s.io";
  expect(Object.fromEntries(latencies.told())).toEqual({
    [`${layer}/authentication`]: "250µs",
    [`${layer}/authorization`]: "500ns",
    [`${layer}/etcd`]: "20ms",
    [`${layer}/mutating-webhook`]: "1.5s",
    [`${layer}/total`]: "1.5202505s",
  });
});
