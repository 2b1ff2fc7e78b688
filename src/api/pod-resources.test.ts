import { describe, expect, test } from "bun:test";
import { amountsText } from "./amounts.ts";
import type { Container, PodSpec } from "./object.ts";
import { podLimits, podRequests } from "./pod-resources.ts";

const container = (cpu: string, rest: Partial<Container> = {}): Container => ({
  name: `c${cpu}`,
  resources: { requests: { cpu }, limits: { cpu } },
  ...rest,
});
const sidecar = (cpu: string): Container => container(cpu, { restartPolicy: "Always" });

describe("what a pod takes", () => {
  test.each<[string, PodSpec, string]>([
    ["its containers together", { containers: [container("100m"), container("1")] }, "cpu=1100m"],
    [
      "an init container where that is more",
      { initContainers: [container("2")], containers: [container("1")] },
      "cpu=2",
    ],
    [
      "sidecars beside the containers",
      { initContainers: [sidecar("500m")], containers: [container("1")] },
      "cpu=1500m",
    ],
    [
      "an init container beside the sidecars before it",
      {
        initContainers: [sidecar("1"), container("2"), sidecar("3")],
        containers: [container("1")],
      },
      "cpu=5",
    ],
    [
      "its overhead on top",
      { containers: [container("1")], overhead: { cpu: "250m" } },
      "cpu=1250m",
    ],
    [
      "what it says as a whole",
      {
        containers: [container("1")],
        resources: { requests: { cpu: "3" }, limits: { cpu: "3" } },
      },
      "cpu=3",
    ],
  ])("%s", (_, spec, total) => {
    expect(amountsText(podRequests({ spec }))).toBe(total);
    expect(amountsText(podLimits({ spec }))).toBe(total);
  });

  test("overhead is no limit where there is none", () => {
    const spec = { containers: [{ name: "c" }], overhead: { cpu: "1" } };
    expect(podLimits({ spec }).size).toBe(0);
  });
});
