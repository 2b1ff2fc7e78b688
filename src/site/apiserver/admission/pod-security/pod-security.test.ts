import { beforeEach, describe, expect, test } from "bun:test";
import type { Deployment, Pod } from "#api/object.ts";
import { DEPLOYMENTS, NAMESPACES, PODS } from "#api/resources.ts";
import { StatusError } from "#api/status.ts";
import type { CreateTarget } from "#api/verbs.ts";
import { MemoryStore } from "#test/kit/memory-store.ts";
import { Admission } from "../../admission.ts";
import { keyOf } from "../../kind.ts";
import { AdmissionChain } from "../chain.ts";
import type { AdmissionRequest } from "../plugin.ts";
import { podSecurityLabels } from "./labels.ts";
import { podSecurity, podSecurityOfTemplates } from "./pods.ts";

type Labels = Readonly<Record<string, string>>;

const PREFIX = "pod-security.kubernetes.io/";
const prefixed = (labels: Labels): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${PREFIX}${key}`, value]));

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

async function label(labels: Labels): Promise<void> {
  const metadata = { name: "x", labels: prefixed(labels) };
  await store.write(keyOf({ resource: NAMESPACES, namespace: "" }, "x"), () => ({
    put: { metadata },
  }));
}

/** What is said of a write: annotations without their prefix, warnings, and the refusal. */
function said(of: Omit<AdmissionRequest, "admission">) {
  const annotations: Record<string, string> = {};
  const warnings: string[] = [];
  const admission = new Admission({
    user: { name: "anna", groups: [] },
    now: new Date(0),
    options: {
      annotate: (key, value) => {
        annotations[key.replace(PREFIX, "")] = value;
      },
      warn: (text) => warnings.push(text),
    },
  });
  const chain = new AdmissionChain([
    podSecurity(store),
    podSecurityOfTemplates(store),
    podSecurityLabels(store),
  ]);
  try {
    chain.validate({ ...of, admission } as AdmissionRequest);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { annotations, warnings, refusal: error.message };
  }
  return { annotations, warnings };
}

const LOOSE: Pod = {
  metadata: { name: "p" },
  spec: {
    containers: [{ name: "c", image: "busybox", securityContext: { privileged: true } }],
  },
};
const WHY = 'privileged (container "c" must not set securityContext.privileged=true)';

const podTarget = (subresource?: string) => ({
  resource: PODS,
  namespace: "x",
  name: "p",
  ...(subresource !== undefined && { subresource }),
});

function created(object: Pod, subresource?: string) {
  return said({ operation: "CREATE", target: podTarget(subresource), object });
}

function changed(object: Pod, subresource?: string) {
  return said({ operation: "UPDATE", target: podTarget(subresource), object, current: LOOSE });
}

describe("pods", () => {
  test("where nothing is asked for, that is said for the audit log", async () => {
    await label({});
    expect(created(LOOSE)).toEqual({
      annotations: { "enforce-policy": "privileged:latest" },
      warnings: [],
    });
    expect(changed(LOOSE).annotations).toEqual({ "enforce-policy": "privileged:latest" });
  });

  test.each(["status", "exec", "log", "proxy", "eviction", "binding"])(
    "nothing is said of %s",
    async (subresource) => {
      await label({});
      expect(created(LOOSE, subresource).annotations).toEqual({});
      await label({ enforce: "baseline" });
      expect(created(LOOSE, subresource)).toEqual({ annotations: {}, warnings: [] });
    },
  );

  test("what is asked for is noted, audited and enforced", async () => {
    await label({ enforce: "baseline", audit: "restricted", "audit-version": "v1.8" });
    const { annotations, refusal, warnings } = created(LOOSE);
    expect(annotations["enforce-policy"]).toBe("baseline:latest");
    expect(annotations["audit-violations"]).toStartWith(
      `would violate PodSecurity "restricted:v1.8": ${WHY}, `,
    );
    expect(refusal).toBe(`pods "p" is forbidden: violates PodSecurity "baseline:latest": ${WHY}`);
    expect(warnings).toEqual([]);
  });

  test("labels that say nothing known are noted; only what is enforced is the strictest", async () => {
    await label({ enforce: "lax", audit: "lax", "warn-version": "1.30" });
    const { annotations, refusal, warnings } = created(LOOSE);
    const [level, version] = [
      "must be one of privileged, baseline, restricted",
      'must be "latest" or "v1.x"',
    ];
    expect(annotations).toEqual({
      "enforce-policy": "restricted:latest",
      error: `Failed to parse policy: [metadata.labels[${PREFIX}enforce]: Invalid value: "lax": ${level}, metadata.labels[${PREFIX}audit]: Invalid value: "lax": ${level}, metadata.labels[${PREFIX}warn-version]: Invalid value: "1.30": ${version}]`,
    });
    expect(refusal).toContain('violates PodSecurity "restricted:latest"');
    expect(warnings).toEqual([]);
  });

  test("one that is there may change in all but its images and guests", async () => {
    await label({ enforce: "baseline" });
    const spec = LOOSE.spec ?? { containers: [] };
    const [container = { name: "c" }] = spec.containers;
    const resources = { requests: { cpu: "2" } };
    const calm = { annotations: {}, warnings: [] };
    expect(changed({ ...LOOSE, metadata: { name: "p", annotations: { a: "b" } } })).toEqual(calm);
    const resized = { ...LOOSE, spec: { containers: [{ ...container, resources }] } };
    expect(changed(resized, "resize")).toEqual(calm);
    const other = { ...LOOSE, spec: { containers: [{ ...container, image: "other" }] } };
    expect(changed(other).refusal).toContain(WHY);
    const guest = { ...LOOSE, spec: { ...spec, ephemeralContainers: [{ name: "d", image: "i" }] } };
    expect(changed(guest, "ephemeralcontainers").refusal).toContain(WHY);
  });
});

describe("workloads", () => {
  const object: Deployment = {
    metadata: { name: "d" },
    spec: { selector: {}, template: { spec: LOOSE.spec } },
  } as Deployment;
  const template = (resource: CreateTarget["resource"]) =>
    said({ operation: "CREATE", target: { resource, namespace: "x", name: "d" }, object });

  test("are told that their pods will be refused, and refused themselves never", async () => {
    await label({ enforce: "baseline" });
    expect(template(DEPLOYMENTS)).toEqual({
      annotations: {},
      warnings: [`would violate PodSecurity "baseline:latest": ${WHY}`],
    });
  });

  test("of a kind that somebody defined are not looked into", async () => {
    await label({ warn: "baseline", audit: "baseline" });
    const rollouts = { ...DEPLOYMENTS, group: "argoproj.io", plural: "rollouts" };
    expect(template(rollouts)).toEqual({ annotations: {}, warnings: [] });
  });
});

describe("a namespace whose labels tighten", () => {
  const namespace = (labels: Labels) => ({ metadata: { name: "x", labels: prefixed(labels) } });
  const tightened = () =>
    said({
      operation: "UPDATE",
      target: { resource: NAMESPACES, namespace: "", name: "x" },
      object: namespace({ enforce: "baseline" }),
      current: namespace({}),
    }).warnings;

  async function pod(name: string, uid?: string): Promise<void> {
    const ownerReferences =
      uid === undefined
        ? []
        : [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid, controller: true }];
    const metadata = { name, namespace: "x", ownerReferences };
    await store.write(keyOf({ resource: PODS, namespace: "x" }, name), () => ({
      put: { ...LOOSE, metadata },
    }));
  }

  const HEAD =
    'existing pods in namespace "x" violate the new PodSecurity enforce level "baseline:latest"';

  test("is told of pods with the same faults together, by the first name", async () => {
    for (const name of ["b", "a"]) await pod(name, "u");
    expect(tightened()).toEqual([HEAD, "a (and 1 other pod): privileged"]);
    await pod("c");
    expect(tightened()).toEqual([HEAD, "a (and 2 other pods): privileged"]);
  });

  test("is told how many were looked at, each controller's first pod before its others", async () => {
    const many = Array.from({ length: 3001 }, (_, index) => `a${String(index).padStart(4, "0")}`);
    await Promise.all(many.map((name) => pod(name, "u")));
    await pod("z");
    expect(tightened()).toEqual([
      "new PodSecurity enforce level only checked against the first 3000 of 3002 existing pods",
      HEAD,
      "a0000 (and 2999 other pods): privileged",
    ]);
  });
});
