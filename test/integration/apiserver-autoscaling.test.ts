import { expect, test } from "bun:test";
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerV1 } from "#api/object.ts";
import { startTestApi } from "#test/kit/test-api.ts";

const V1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
const V2 = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };

test("an autoscaler that came by autoscaling/v1 is there by v2, and what only v2 knows survives v1", async () => {
  using api = await startTestApi();
  const body = {
    metadata: { name: "web" },
    spec: { scaleTargetRef, maxReplicas: 5, targetCPUUtilizationPercentage: 60 },
  };
  expect((await api.send("POST", V1, { body })).status).toBe(201);

  const stored = (await (await api.send("GET", `${V2}/web`)).json()) as HorizontalPodAutoscaler;
  const cpu = {
    type: "Resource",
    resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } },
  };
  expect(stored.spec).toMatchObject({ minReplicas: 1, maxReplicas: 5, metrics: [cpu] });

  const memory = {
    type: "Resource",
    resource: { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } },
  };
  const both = { ...stored, spec: { ...stored.spec, metrics: [cpu, memory] } };
  expect((await api.send("PUT", `${V2}/web`, { body: both })).status).toBe(200);

  const old = (await (await api.send("GET", `${V1}/web`)).json()) as HorizontalPodAutoscalerV1;
  expect(old.spec?.targetCPUUtilizationPercentage).toBe(60);
  const changed = { ...old, spec: { ...old.spec, targetCPUUtilizationPercentage: 70 } };
  expect((await api.send("PUT", `${V1}/web`, { body: changed })).status).toBe(200);

  const after = (await (await api.send("GET", `${V2}/web`)).json()) as HorizontalPodAutoscaler;
  expect(after.metadata?.annotations).toBeUndefined();
  expect(after.spec?.metrics).toEqual([
    memory,
    {
      ...cpu,
      resource: { ...cpu.resource, target: { type: "Utilization", averageUtilization: 70 } },
    },
  ]);
});

test("what an autoscaler of autoscaling/v1 may not be is said by its fields", async () => {
  using api = await startTestApi();
  const body = { metadata: { name: "web" }, spec: { scaleTargetRef, maxReplicas: 0 } };
  const answer = await api.send("POST", V1, { body });
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({
    details: { group: "autoscaling", kind: "HorizontalPodAutoscaler" },
  });
});
