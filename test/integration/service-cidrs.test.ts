import { expect, test } from "bun:test";
import { IP_ADDRESSES, SERVICE_CIDRS, SERVICES } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import { eventually } from "#test/kit/eventually.ts";
import { createMemoryCluster } from "#test/kit/memory-cluster.ts";

const NAME = { namespace: "", name: "more" };

test("Services get addresses of ranges that are added, and a range goes with its last address", async () => {
  await using cluster = await createMemoryCluster();
  await cluster.start();
  const { client } = cluster;
  const serviceWith = (name: string, clusterIP: string) =>
    client.create(SERVICES, {
      metadata: { name, namespace: "default" },
      spec: { clusterIP, ports: [{ port: 80 }] },
    });
  const refusal = (name: string, clusterIP: string) =>
    serviceWith(name, clusterIP).then(
      () => "",
      (error: unknown) => String(error),
    );
  const outside = "is not in the valid range. The range of valid IPs is 10.43.0.0/16";
  expect(await refusal("early", "10.99.0.7")).toContain(outside);

  await client.create(SERVICE_CIDRS, {
    metadata: { name: NAME.name },
    spec: { cidrs: ["10.99.0.0/24"] },
  });
  const readiness = async () => {
    const { metadata, status } = await client.get(SERVICE_CIDRS, NAME);
    const [condition] = status?.conditions ?? [];
    return [metadata?.finalizers?.length ?? 0, condition?.status, condition?.reason];
  };
  await eventually(async () => Bun.deepEquals(await readiness(), [1, "True", ""]));
  const service = await serviceWith("far", "10.99.0.7");
  expect(service.spec?.clusterIPs).toEqual(["10.99.0.7"]);
  expect(await refusal("twice", "10.99.0.7")).toContain("provided IP is already allocated");

  const address = { namespace: "", name: "10.99.0.7" };
  await client.create(IP_ADDRESSES, {
    metadata: { name: address.name },
    spec: { parentRef: { resource: "services", namespace: "default", name: "far" } },
  });
  await client.delete(SERVICE_CIDRS, NAME);
  await eventually(async () => Bun.deepEquals(await readiness(), [1, "False", "Terminating"]));
  expect(await refusal("late", "10.99.0.8")).toContain(outside);

  await client.delete(IP_ADDRESSES, address);
  await eventually(async () => {
    const found = await client.get(SERVICE_CIDRS, NAME).catch((error: unknown) => error);
    return hasReason(found, "NotFound");
  });
});
