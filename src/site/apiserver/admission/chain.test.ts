import { expect, test } from "bun:test";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { CONFIG_MAPS, PODS } from "#api/resources.ts";
import { Admission } from "../admission.ts";
import { AdmissionChain } from "./chain.ts";
import type { AdmissionPlugin } from "./plugin.ts";

function trace() {
  const seen: string[] = [];
  const plugin = (name: string, concerns: Partial<AdmissionPlugin> = {}): AdmissionPlugin => ({
    ...concerns,
    mutate: () => seen.push(`mutate ${name}`),
    validate: () => seen.push(`validate ${name}`),
  });
  const chain = new AdmissionChain([
    plugin("every"),
    plugin("pods", { kinds: [PODS], subresources: ["binding"] }),
    plugin("all", { subresources: "all" }),
  ]);
  const run = (resource: Resource, subresource?: string): string[] => {
    seen.length = 0;
    const admission = new Admission({ user: { name: "a", groups: [] }, now: new Date(0) });
    const object: KubeObject = {};
    const target = { resource, namespace: "", ...(subresource !== undefined && { subresource }) };
    chain.mutate({ operation: "CREATE", target, object, admission });
    chain.validate({ operation: "CREATE", target, object, admission });
    return [...seen];
  };
  return run;
}

test("plug-ins run in their order, all of them mutate before any of them validates", () => {
  expect(trace()(PODS)).toEqual([
    "mutate every",
    "mutate pods",
    "mutate all",
    "validate every",
    "validate pods",
    "validate all",
  ]);
});

test("a plug-in sees the kinds and subresources that it asked for and no other", () => {
  const run = trace();
  expect(run(CONFIG_MAPS)).toEqual([
    "mutate every",
    "mutate all",
    "validate every",
    "validate all",
  ]);
  expect(run(PODS, "binding")).toEqual([
    "mutate pods",
    "mutate all",
    "validate pods",
    "validate all",
  ]);
  expect(run(PODS, "status")).toEqual(["mutate all", "validate all"]);
});
