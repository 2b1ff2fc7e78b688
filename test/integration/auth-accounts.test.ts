import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ConfigMap, Secret } from "#api/object.ts";
import {
  CLUSTER_ROLES,
  CONFIG_MAPS,
  NAMESPACES,
  SECRETS,
  SERVICE_ACCOUNTS,
} from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import { eventually } from "#test/kit/eventually.ts";
import { createMemoryCluster, type MemoryCluster, ROOT_CA } from "#test/kit/memory-cluster.ts";

let cluster: MemoryCluster;
beforeEach(async () => {
  cluster = await createMemoryCluster();
  await cluster.start();
});
afterEach(() => cluster[Symbol.asyncDispose]());

const exists = async (reading: Promise<unknown>): Promise<boolean> => {
  try {
    await reading;
    return true;
  } catch (error) {
    if (hasReason(error, "NotFound")) return false;
    throw error;
  }
};

describe("every namespace", () => {
  const account = { namespace: "team", name: "default" };
  const certificate = { namespace: "team", name: "kube-root-ca.crt" };
  beforeEach(async () => {
    await cluster.client.create(NAMESPACES, { metadata: { name: "team" } });
    await eventually(() => exists(cluster.client.get(SERVICE_ACCOUNTS, account)), {
      what: "The default account",
    });
    await eventually(() => exists(cluster.client.get(CONFIG_MAPS, certificate)), {
      what: "The authority's certificate",
    });
  });

  test("has a default account, and another one after that was deleted", async () => {
    const { metadata } = await cluster.client.get(SERVICE_ACCOUNTS, account);
    await cluster.client.delete(SERVICE_ACCOUNTS, account);
    await eventually(
      async () => {
        if (!(await exists(cluster.client.get(SERVICE_ACCOUNTS, account)))) return false;
        const made = await cluster.client.get(SERVICE_ACCOUNTS, account);
        return made.metadata?.uid !== metadata?.uid;
      },
      { what: "Another default account" },
    );
  });

  test("has the authority's certificate, whatever is written over it", async () => {
    const current = await cluster.client.get(CONFIG_MAPS, certificate);
    expect(current.data).toEqual({ "ca.crt": ROOT_CA });
    await cluster.client.update<ConfigMap>(CONFIG_MAPS, {
      ...current,
      data: { "ca.crt": "forged" },
    });
    await eventually(
      async () => (await cluster.client.get(CONFIG_MAPS, certificate)).data?.["ca.crt"] === ROOT_CA,
      { what: "The certificate as it was" },
    );
  });
});

describe("a Secret for a token", () => {
  const key = { namespace: "default", name: "robot-token" };
  const make = (annotations: Record<string, string>): Promise<Secret> =>
    cluster.client.create<Secret>(SECRETS, {
      metadata: { ...key, annotations },
      type: "kubernetes.io/service-account-token",
    });

  test("is filled, and goes with its account", async () => {
    const robot = { namespace: "default", name: "robot" };
    await cluster.client.create(SERVICE_ACCOUNTS, { metadata: robot });
    await make({ "kubernetes.io/service-account.name": "robot" });
    await eventually(
      async () => (await cluster.client.get(SECRETS, key)).data?.["token"] !== undefined,
      { what: "A token" },
    );
    const { data, metadata } = await cluster.client.get(SECRETS, key);
    expect(Buffer.from(data?.["ca.crt"] ?? "", "base64").toString()).toBe(ROOT_CA);
    expect(Buffer.from(data?.["namespace"] ?? "", "base64").toString()).toBe("default");
    const uid = (await cluster.client.get(SERVICE_ACCOUNTS, robot)).metadata?.uid;
    expect(metadata?.annotations?.["kubernetes.io/service-account.uid"]).toBe(uid);
    await cluster.client.delete(SERVICE_ACCOUNTS, robot);
    await eventually(async () => !(await exists(cluster.client.get(SECRETS, key))), {
      what: "The end of the Secret",
    });
  });

  test("of an account that is not there is removed", async () => {
    await make({ "kubernetes.io/service-account.name": "ghost" });
    await eventually(async () => !(await exists(cluster.client.get(SECRETS, key))), {
      what: "The end of the Secret",
    });
  });
});

test("a ClusterRole that gathers others follows them", async () => {
  const rule = (resource: string) => ({ verbs: ["get"], apiGroups: [""], resources: [resource] });
  const part = (name: string, resource: string) =>
    cluster.client.create(CLUSTER_ROLES, {
      metadata: { name, labels: { gather: "me" } },
      rules: [rule(resource)],
    });
  await cluster.client.create(CLUSTER_ROLES, {
    metadata: { name: "all" },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { gather: "me" } }] },
  });
  const rules = async () =>
    (await cluster.client.get(CLUSTER_ROLES, { namespace: "", name: "all" })).rules ?? [];
  await part("b", "pods");
  await part("a", "secrets");
  await eventually(async () => (await rules()).length === 2, { what: "Both rules" });
  expect(await rules()).toEqual([rule("secrets"), rule("pods")]);
  await cluster.client.delete(CLUSTER_ROLES, { namespace: "", name: "a" });
  await eventually(async () => (await rules()).length === 1, { what: "One rule" });
});
