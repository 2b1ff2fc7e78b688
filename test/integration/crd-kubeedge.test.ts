import { expect, test } from "bun:test";
import { startTestApi } from "#test/kit/test-api.ts";

test("a site has KubeEdge's kinds from its start, and a restart writes nothing", async () => {
  using api = await startTestApi();
  const devices = await api.send(
    "POST",
    "/apis/devices.kubeedge.io/v1beta1/namespaces/default/devices",
    {
      body: {
        apiVersion: "devices.kubeedge.io/v1beta1",
        kind: "Device",
        metadata: { name: "thermometer" },
        spec: { nodeName: "edge", protocol: { protocolName: "modbus", configData: { any: [1] } } },
      },
    },
  );
  expect(devices.status).toBe(201);
  expect(await devices.json()).toMatchObject({
    spec: { protocol: { configData: { any: [1] } } },
  });
  const groups = await api.send("GET", "/apis");
  const names = ((await groups.json()) as { groups: { name: string }[] }).groups.map(
    ({ name }) => name,
  );
  for (const group of ["devices", "reliablesyncs", "rules", "apps", "operations", "policy"])
    expect(names).toContain(`${group}.kubeedge.io`);
  const before = api.store.resourceVersion;
  await api.server.bootstrap();
  expect(api.store.list("apiextensions.k8s.io/customresourcedefinitions").items).toHaveLength(13);
  expect(api.store.resourceVersion).toBe(before);
});
