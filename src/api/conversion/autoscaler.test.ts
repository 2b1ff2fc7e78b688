import { expect, test } from "bun:test";
import type { HorizontalPodAutoscaler } from "../object.ts";
import { HORIZONTAL_POD_AUTOSCALERS } from "../resources/autoscaling.ts";
import { fromAutoscalingV1, toAutoscalingV1 } from "./autoscaler.ts";

const scaleTargetRef = { kind: "Deployment", name: "web", apiVersion: "apps/v1" };
const metadata = { name: "web", annotations: { mine: "1" } };

const cpu = (averageUtilization: number) => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
});

const rich: HorizontalPodAutoscaler = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata,
  spec: {
    maxReplicas: 5,
    minReplicas: 2,
    scaleTargetRef,
    metrics: [
      {
        type: "Resource",
        resource: { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } },
      },
      {
        type: "Pods",
        pods: { metric: { name: "p" }, target: { type: "AverageValue", averageValue: "3" } },
      },
      {
        type: "Object",
        object: {
          describedObject: { kind: "Ingress", name: "i" },
          metric: { name: "o", selector: { matchLabels: { a: "b" } } },
          target: { type: "Value", value: "10" },
        },
      },
      {
        type: "External",
        external: { metric: { name: "e" }, target: { type: "AverageValue", averageValue: "7" } },
      },
      {
        type: "ContainerResource",
        containerResource: {
          name: "cpu",
          container: "c",
          target: { type: "Utilization", averageUtilization: 20 },
        },
      },
      cpu(60),
    ],
    behavior: {
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: "Max",
        policies: [{ type: "Pods", value: 4, periodSeconds: 15 }],
      },
      scaleDown: { selectPolicy: "Disabled" },
    },
  },
  status: {
    desiredReplicas: 2,
    currentReplicas: 1,
    currentMetrics: [
      {
        type: "Resource",
        resource: { name: "cpu", current: { averageUtilization: 33, averageValue: "3m" } },
      },
    ],
    conditions: [{ type: "AbleToScale", status: "True", reason: "R", message: "m" }],
  },
};

test("what autoscaling/v1 knows is in its fields, what it does not in annotations", () => {
  const { spec, status, metadata: described } = toAutoscalingV1(rich);
  expect(spec).toEqual({
    maxReplicas: 5,
    minReplicas: 2,
    scaleTargetRef,
    targetCPUUtilizationPercentage: 60,
  });
  expect(status).toEqual({
    desiredReplicas: 2,
    currentReplicas: 1,
    currentCPUUtilizationPercentage: 33,
  });
  expect(described?.annotations).toEqual({
    mine: "1",
    "autoscaling.alpha.kubernetes.io/metrics":
      '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}},{"type":"Pods","pods":{"metricName":"p","targetAverageValue":"3"}},{"type":"Object","object":{"target":{"kind":"Ingress","name":"i"},"metricName":"o","targetValue":"10","selector":{"matchLabels":{"a":"b"}}}},{"type":"External","external":{"metricName":"e","targetAverageValue":"7"}},{"type":"ContainerResource","containerResource":{"name":"cpu","targetAverageUtilization":20,"container":"c"}}]',
    "autoscaling.alpha.kubernetes.io/current-metrics":
      '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":33,"currentAverageValue":"3m"}}]',
    "autoscaling.alpha.kubernetes.io/behavior":
      '{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15}],"Tolerance":null},"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Disabled","Policies":null,"Tolerance":null}}',
    "autoscaling.alpha.kubernetes.io/conditions":
      '[{"type":"AbleToScale","status":"True","reason":"R","message":"m"}]',
  });
});

test("nothing is lost on the way there and back", () => {
  expect(fromAutoscalingV1(toAutoscalingV1(rich))).toEqual(rich);
});

test("the plain autoscaler of old has its share of cpu and the defaults of today", () => {
  const stored = fromAutoscalingV1({
    metadata: { name: "web" },
    spec: { maxReplicas: 3, scaleTargetRef, targetCPUUtilizationPercentage: 50 },
  });
  HORIZONTAL_POD_AUTOSCALERS.setDefaults(stored);
  expect(stored.spec).toEqual({
    maxReplicas: 3,
    minReplicas: 1,
    scaleTargetRef,
    metrics: [cpu(50)],
  });
  const plain = fromAutoscalingV1({ spec: { maxReplicas: 3, scaleTargetRef } });
  HORIZONTAL_POD_AUTOSCALERS.setDefaults(plain);
  expect(plain.spec?.metrics).toEqual([cpu(80)]);
});

test("annotations that nobody can read are not heard", () => {
  const annotations = {
    "autoscaling.alpha.kubernetes.io/metrics": "[",
    "autoscaling.alpha.kubernetes.io/behavior": "7",
    "autoscaling.alpha.kubernetes.io/conditions": '{"a":1}',
  };
  const {
    spec,
    status,
    metadata: kept,
  } = fromAutoscalingV1({
    metadata: { annotations },
    spec: { maxReplicas: 0, scaleTargetRef: { kind: "", name: "" } },
  });
  expect(spec).toEqual({ maxReplicas: 0, scaleTargetRef: { kind: "", name: "" } });
  expect(status).toEqual({ currentMetrics: [], desiredReplicas: 0 });
  expect(kept).toEqual({});
});
