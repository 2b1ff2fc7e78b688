import { expect, test } from "bun:test";
import { startServiceProxy } from "./service-proxy.ts";

test("a thread that dies is missed by all who wait, and can be put away", async () => {
  const proxy = startServiceProxy();
  expect(await proxy.apply([])).toEqual({ bound: [], failed: [] });
  // What no caller sends: the thread has no answer to it.
  const nonsense = JSON.parse("null");
  const outcomes = await Promise.allSettled([proxy.lost, proxy.apply(nonsense)]);
  const died = { reason: { message: expect.stringContaining("The proxy thread died") } };
  expect(outcomes).toMatchObject([died, died]);
  expect(String(await proxy.apply([]).catch((error: unknown) => error))).toContain("ended");
  await proxy[Symbol.asyncDispose]();
});
