import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ConfigMap, Secret } from "#api/object.ts";
import { CONFIG_MAPS, NAMESPACES, SECRETS } from "#api/resources.ts";
import { detachedSignature } from "#site/controllers/bootstrap/signer.ts";
import { eventually } from "#test/kit/eventually.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { createMemoryCluster, type MemoryCluster } from "#test/kit/memory-cluster.ts";

const HOUR_MS = 3_600_000;
const INFO = { namespace: "kube-public", name: "cluster-info" };
const clock = new ManualClock();
let cluster: MemoryCluster;

beforeAll(async () => {
  cluster = await createMemoryCluster({ clock, timer: clock });
  await cluster.client.create(NAMESPACES, { metadata: { name: "kube-public" } });
  await cluster.start();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const token = (id: string, more: Record<string, string> = {}): Promise<Secret> =>
  cluster.client.create<Secret>(SECRETS, {
    metadata: { namespace: "kube-system", name: `bootstrap-token-${id}` },
    type: "bootstrap.kubernetes.io/token",
    stringData: { "token-id": id, "token-secret": "0123456789abcdef", ...more },
  });

const isThere = async (id: string): Promise<boolean> => {
  const { items } = await cluster.client.list(SECRETS, { namespace: "kube-system" });
  return items.some(({ metadata }) => metadata?.name === `bootstrap-token-${id}`);
};

const inHours = (hours: number): string =>
  new Date(clock.now().getTime() + hours * HOUR_MS).toISOString();

const signatures = async (): Promise<Record<string, string>> => {
  const { data = {} } = await cluster.client.get(CONFIG_MAPS, INFO);
  return Object.fromEntries(Object.entries(data).filter(([key]) => key.startsWith("jws-")));
};

test("a token that is over is removed, at its time, and what it signed with it", async () => {
  const signing = { "usage-bootstrap-signing": "true" };
  await token("always", signing);
  await token("shorts", { ...signing, expiration: inHours(3) });
  await token("silent", { expiration: inHours(3.5) });
  await cluster.client.create<ConfigMap>(CONFIG_MAPS, {
    metadata: INFO,
    data: { kubeconfig: "one", other: "kept", "jws-kubeconfig-gone": "x" },
  });
  const signed = (content: string, ...ids: readonly string[]) =>
    Object.fromEntries(
      ids.map((id) => [
        `jws-kubeconfig-${id}`,
        detachedSignature(content, { id, secret: "0123456789abcdef" }),
      ]),
    );
  const show = (wanted: Record<string, string>) =>
    eventually(async () => Bun.deepEquals(await signatures(), wanted), { what: "Signatures" });
  await show(signed("one", "always", "shorts"));
  clock.advance(2 * HOUR_MS);
  expect(await isThere("shorts")).toBe(true);
  clock.advance(HOUR_MS);
  await eventually(async () => !(await isThere("shorts")), { what: "The token's removal" });
  expect([await isThere("silent"), await isThere("always")]).toEqual([true, true]);
  await show(signed("one", "always"));

  const info = await cluster.client.get(CONFIG_MAPS, INFO);
  await cluster.client.update(CONFIG_MAPS, { ...info, data: { ...info.data, kubeconfig: "two" } });
  await show(signed("two", "always"));
  expect((await cluster.client.get(CONFIG_MAPS, INFO)).data?.["other"]).toBe("kept");
});

test("one whose end cannot be read is over", async () => {
  await token("broken", { expiration: "soon" });
  await eventually(async () => !(await isThere("broken")), { what: "The token's removal" });
});
