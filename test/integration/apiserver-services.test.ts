import { expect, test } from "bun:test";
import type { EndpointSlice, Endpoints, KubeObject, Service } from "#api/object.ts";
import { SERVICES } from "#api/resources.ts";
import type { Status } from "#api/status.ts";
import { bodyOf, CORE, post, service } from "#test/kit/api-objects.ts";
import { startTestApi } from "#test/kit/test-api.ts";

test("services get addresses of their own and give them back", async () => {
  using api = await startTestApi();
  const first = await post<Service>(api, `${CORE}/services`, service("a"));
  const address = first.spec?.clusterIP ?? "";
  expect(first.spec?.clusterIPs).toEqual([address]);
  const wanted = service("b", { clusterIP: address });
  const refused = await bodyOf<Status>(api.send("POST", `${CORE}/services`, { body: wanted }));
  expect(refused).toMatchObject({ code: 422 });
  expect(refused.message).toContain("provided IP is already allocated");
  await api.send("DELETE", `${CORE}/services/a`);
  const second = await post<Service>(api, `${CORE}/services`, wanted);
  expect(second.spec?.clusterIP).toBe(address);
});

test("a refused service takes no address", async () => {
  using api = await startTestApi();
  const wanted = service("Bad_Name", { clusterIP: "10.43.0.77" });
  expect((await api.send("POST", `${CORE}/services`, { body: wanted })).status).toBe(422);
  const fine = await post<Service>(
    api,
    `${CORE}/services`,
    service("fine", { clusterIP: "10.43.0.77" }),
  );
  expect(fine.spec?.clusterIP).toBe("10.43.0.77");
});

test("headless, external and node-port services get what they need", async () => {
  using api = await startTestApi();
  const headless = await post<Service>(
    api,
    `${CORE}/services`,
    service("h", { clusterIP: "None" }),
  );
  expect(headless.spec).toMatchObject({ clusterIP: "None", clusterIPs: ["None"] });
  const external = await post<Service>(
    api,
    `${CORE}/services`,
    service("x", { type: "ExternalName", externalName: "example.com" }),
  );
  expect(external.spec?.clusterIP).toBeUndefined();
  const addressed = { type: "ExternalName", externalName: "a.b", clusterIP: "10.43.0.9" };
  const refused = await bodyOf<Status>(
    api.send("POST", `${CORE}/services`, { body: service("y", addressed) }),
  );
  expect(refused.message).toBe(
    'Service "y" is invalid: spec.clusterIPs: Forbidden: may not be set for ExternalName services',
  );
  const nodePort = await post<Service>(api, `${CORE}/services`, service("n", { type: "NodePort" }));
  expect(nodePort.spec?.ports?.[0]?.nodePort).toBeWithin(30_000, 32_768);
  const { metadata } = nodePort;
  const changed = {
    ...service("n"),
    metadata: { name: "n", resourceVersion: metadata?.resourceVersion },
  };
  const plain = await bodyOf<Service>(api.send("PUT", `${CORE}/services/n`, { body: changed }));
  expect(plain.spec?.clusterIP).toBe(nodePort.spec?.clusterIP ?? "");
  expect(plain.spec?.ports?.[0]?.nodePort).toBeUndefined();
});

test("a change of labels alone is another generation of an EndpointSlice", async () => {
  using api = await startTestApi();
  const path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
  const body = { metadata: { name: "s" }, addressType: "IPv4", endpoints: [] };
  await post<EndpointSlice>(api, path, body);
  const patched = async (metadata: object) => {
    const type = "application/merge-patch+json";
    const answer = api.send("PATCH", `${path}/s`, { type, body: { metadata } });
    return (await bodyOf<EndpointSlice>(answer)).metadata?.generation;
  };
  expect(await patched({ annotations: { a: "1" } })).toBe(1);
  expect(await patched({ labels: { a: "1" } })).toBe(2);
});

test("addresses that are in the store are taken after a restart", async () => {
  using before = await startTestApi();
  const { spec } = await post<Service>(before, `${CORE}/services`, service("a"));
  using after = await startTestApi({ store: before.store });
  const wanted = service("b", { clusterIP: spec?.clusterIP ?? "" });
  expect((await after.send("POST", `${CORE}/services`, { body: wanted })).status).toBe(422);
});

test("the way to the API is there from the first second", async () => {
  using api = await startTestApi();
  const { value } = await api.verbs.get({
    resource: SERVICES,
    namespace: "default",
    name: "kubernetes",
  });
  expect(value.spec).toMatchObject({
    clusterIP: "10.43.0.1",
    ports: [{ name: "https", port: 443, targetPort: 6443, protocol: "TCP" }],
  });
  const slices = await bodyOf<{ items: KubeObject[] }>(
    api.send("GET", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"),
  );
  expect(slices.items).toHaveLength(1);
});

test("Endpoints are kept with addresses of the same ports together, however they are sent", async () => {
  using api = await startTestApi();
  const ports = [{ port: 80, protocol: "TCP" }];
  const [a, b] = [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }];
  const sent = {
    metadata: { name: "e" },
    subsets: [
      { addresses: [b], ports },
      { addresses: [a], ports },
    ],
  };
  const made = await post<Endpoints>(api, `${CORE}/endpoints`, sent);
  expect(made.subsets).toEqual([{ addresses: [a, b], ports }]);
  const again = api.send("PUT", `${CORE}/endpoints/e`, { body: sent });
  expect((await bodyOf(again)).metadata?.resourceVersion).toBe(`${made.metadata?.resourceVersion}`);
});
