import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Pod } from "#api/object.ts";
import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  RESOURCE_QUOTAS,
  VALIDATING_ADMISSION_POLICIES,
  VOLUME_ATTRIBUTES_CLASSES,
} from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import { eventually } from "#test/kit/eventually.ts";
import { createMemoryCluster, type MemoryCluster } from "#test/kit/memory-cluster.ts";

let cluster: MemoryCluster;
beforeEach(async () => {
  cluster = await createMemoryCluster();
  await cluster.start();
});
afterEach(() => cluster[Symbol.asyncDispose]());

const metadata = (name: string) => ({ name, namespace: "default" });
const at = (name: string) => ({ namespace: "default", name });

function pod(name: string, spec: Partial<Pod["spec"]> = {}): Pod {
  const resources = { requests: { cpu: "100m" } };
  const containers = [{ name: "c", image: "busybox", resources }];
  return { metadata: metadata(name), spec: { nodeName: "n", containers, ...spec } };
}

test("the status of a quota follows what there is", async () => {
  const { client } = cluster;
  const hard = { pods: "5", "requests.cpu": "1", "count/configmaps": "9" };
  await client.create(RESOURCE_QUOTAS, { metadata: metadata("q"), spec: { hard } });
  // One ConfigMap is there: that of the authority's certificate.
  const shows = (used: object) =>
    eventually(async () => {
      const { status } = await client.get(RESOURCE_QUOTAS, at("q"));
      expect(status).toEqual({ hard, used: { "count/configmaps": "1", ...used } });
      return true;
    });
  await shows({ pods: "0", "requests.cpu": "0" });
  await client.create(PODS, pod("a"));
  await client.create(PODS, pod("b"));
  await shows({ pods: "2", "requests.cpu": "200m" });
  await client.delete(PODS, at("a"), { gracePeriodSeconds: 0 });
  const ended = await client.get(PODS, at("b"));
  await client.updateStatus(PODS, { ...ended, status: { ...ended.status, phase: "Succeeded" } });
  await shows({ pods: "0", "requests.cpu": "0" });
});

test("the status of a policy says what its expressions get wrong", async () => {
  const { client } = cluster;
  const name = "p";
  const rule = { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE"] };
  const specOf = (expression: string) => ({
    matchConstraints: { resourceRules: [{ ...rule, resources: ["deployments"] }] },
    validations: [{ expression }],
  });
  const shows = (status: object) =>
    eventually(async () => {
      const found = await client.get(VALIDATING_ADMISSION_POLICIES, { namespace: "", name });
      expect(found.status).toEqual(status);
      return found;
    });
  const spec = specOf("object.spec.x > 5");
  await client.create(VALIDATING_ADMISSION_POLICIES, { metadata: { name }, spec });
  const warning = `apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'x'
 | object.spec.x > 5
 | ...........^
`;
  const expressionWarnings = [{ fieldRef: "spec.validations[0].expression", warning }];
  const wrong = await shows({ observedGeneration: 1, typeChecking: { expressionWarnings } });
  const [manager] = wrong.metadata?.managedFields ?? [];
  expect(manager).toMatchObject({
    manager: "validatingadmissionpolicy-status-controller",
    operation: "Apply",
    subresource: "status",
  });
  const mended = { ...wrong, spec: specOf("object.spec.replicas > 5") };
  await client.update(VALIDATING_ADMISSION_POLICIES, mended);
  await shows({ observedGeneration: 2 });
});

test("a claim stays until no pod on a node uses it", async () => {
  const { client } = cluster;
  const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  await client.create(PERSISTENT_VOLUME_CLAIMS, { metadata: metadata("c"), spec });
  const volumes = [{ name: "v", persistentVolumeClaim: { claimName: "c" } }];
  await client.create(PODS, pod("a", { volumes }));
  await client.delete(PERSISTENT_VOLUME_CLAIMS, at("c"));
  const { metadata: going } = await client.get(PERSISTENT_VOLUME_CLAIMS, at("c"));
  expect(going?.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
  await client.delete(PODS, at("a"), { gracePeriodSeconds: 0 });
  await gone(client.get.bind(client, PERSISTENT_VOLUME_CLAIMS, at("c")));
});

test("a volume stays while it is bound", async () => {
  const { client } = cluster;
  const spec = {
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce"],
    hostPath: { path: "/x" },
  };
  const made = await client.create(PERSISTENT_VOLUMES, { metadata: { name: "v" }, spec });
  await client.updateStatus(PERSISTENT_VOLUMES, { ...made, status: { phase: "Bound" } });
  const key = { namespace: "", name: "v" };
  await client.delete(PERSISTENT_VOLUMES, key);
  const going = await client.get(PERSISTENT_VOLUMES, key);
  expect(going.metadata?.finalizers).toEqual(["kubernetes.io/pv-protection"]);
  await client.updateStatus(PERSISTENT_VOLUMES, { ...going, status: { phase: "Released" } });
  await gone(client.get.bind(client, PERSISTENT_VOLUMES, key));
});

test("a class of volume attributes stays until no claim names it", async () => {
  const { client } = cluster;
  const made = { metadata: { name: "gold" }, driverName: "csi.example", parameters: { iops: "1" } };
  await client.create(VOLUME_ATTRIBUTES_CLASSES, made);
  const spec = {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "1Gi" } },
    volumeAttributesClassName: "gold",
  };
  await client.create(PERSISTENT_VOLUME_CLAIMS, { metadata: metadata("c"), spec });
  const key = { namespace: "", name: "gold" };
  await client.delete(VOLUME_ATTRIBUTES_CLASSES, key);
  const { metadata: going } = await client.get(VOLUME_ATTRIBUTES_CLASSES, key);
  expect(going?.finalizers).toEqual(["kubernetes.io/vac-protection"]);
  await client.delete(PERSISTENT_VOLUME_CLAIMS, at("c"));
  await gone(client.get.bind(client, VOLUME_ATTRIBUTES_CLASSES, key));
});

async function gone(get: () => Promise<unknown>): Promise<void> {
  await eventually(async () => {
    try {
      await get();
      return false;
    } catch (error) {
      return hasReason(error, "NotFound");
    }
  });
}
