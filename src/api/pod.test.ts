import { describe, expect, test } from "bun:test";
import type { Container, Pod } from "./object.ts";
import { isActive, isReady, isTerminal, qosClass, targetPort } from "./pod.ts";
import { podReferences } from "./pod-references.ts";

type Resources = NonNullable<Container["resources"]>;

const podWith = (...resources: Resources[]): Pod => ({
  spec: { containers: resources.map((given, i) => ({ name: `c${i}`, resources: given })) },
});
const both = { cpu: "1", memory: "1Gi" };

describe("quality of service", () => {
  test.each<[string, Pod, ReturnType<typeof qosClass>]>([
    ["nothing asked", podWith({}), "BestEffort"],
    ["zero asked", podWith({ requests: { cpu: "0" } }), "BestEffort"],
    ["other resources only", podWith({ limits: { "example.com/gpu": "1" } }), "BestEffort"],
    ["some cpu", podWith({ requests: { cpu: "1m" } }), "Burstable"],
    ["limits only", podWith({ limits: both }), "Guaranteed"],
    [
      "requests as limits",
      podWith({ limits: both, requests: { cpu: "1000m", memory: "1024Mi" } }),
      "Guaranteed",
    ],
    [
      "requests below limits",
      podWith({ limits: both, requests: { ...both, cpu: "1m" } }),
      "Burstable",
    ],
    ["one limit missing", podWith({ limits: { cpu: "1" } }), "Burstable"],
    ["one container without", podWith({ limits: both }, {}), "Burstable"],
  ])("%s", (_, pod, expected) => {
    expect(qosClass(pod)).toBe(expected);
  });
});

test("phases and conditions", () => {
  const ready: Pod = {
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  };
  expect([isReady(ready), isTerminal(ready), isActive(ready)]).toEqual([true, false, true]);
  const failed: Pod = { status: { phase: "Failed" } };
  expect([isReady(failed), isTerminal(failed), isActive(failed)]).toEqual([false, true, false]);
  expect(isActive({ ...ready, metadata: { deletionTimestamp: "2024-01-01T00:00:00Z" } })).toBe(
    false,
  );
});

test("a target port is found by name and protocol, in sidecars too", () => {
  const pod: Pod = {
    spec: {
      containers: [
        { name: "dns", ports: [{ name: "dns", containerPort: 53, protocol: "UDP" }] },
        { name: "web", ports: [{ name: "http", containerPort: 8080 }] },
      ],
      initContainers: [
        { name: "proxy", restartPolicy: "Always", ports: [{ name: "admin", containerPort: 9 }] },
        { name: "setup", ports: [{ name: "setup", containerPort: 7 }] },
      ],
    },
  };
  expect(targetPort(pod, { port: 80 })).toBe(80);
  expect(targetPort(pod, { port: 80, targetPort: 81 })).toBe(81);
  expect(targetPort(pod, { port: 80, targetPort: "http" })).toBe(8080);
  expect(targetPort(pod, { port: 53, targetPort: "dns" })).toBeUndefined();
  expect(targetPort(pod, { port: 53, targetPort: "dns", protocol: "UDP" })).toBe(53);
  expect(targetPort(pod, { port: 9, targetPort: "admin" })).toBe(9);
  expect(targetPort(pod, { port: 7, targetPort: "setup" })).toBeUndefined();
});

test("references are found wherever a pod can name them", () => {
  const pod: Pod = {
    metadata: { name: "web" },
    spec: {
      imagePullSecrets: [{ name: "pull" }],
      initContainers: [{ name: "i", envFrom: [{ configMapRef: { name: "init-from" } }] }],
      containers: [
        {
          name: "c",
          env: [
            { name: "A", valueFrom: { configMapKeyRef: { name: "env-map", key: "a" } } },
            { name: "B", valueFrom: { secretKeyRef: { name: "env-secret", key: "b" } } },
            { name: "C", value: "plain" },
          ],
          envFrom: [{ secretRef: { name: "from-secret" } }],
        },
      ],
      ephemeralContainers: [{ name: "e", envFrom: [{ configMapRef: { name: "debug" } }] }],
      volumes: [
        { name: "v1", configMap: { name: "volume-map" } },
        { name: "v2", secret: { secretName: "volume-secret" } },
        {
          name: "v3",
          projected: {
            sources: [{ configMap: { name: "projected" } }, { secret: { name: "both" } }],
          },
        },
        { name: "v4", persistentVolumeClaim: { claimName: "data" } },
        { name: "v5", ephemeral: {} },
        { name: "v6", csi: { driver: "d", nodePublishSecretRef: { name: "csi" } } },
      ],
    },
  };
  expect(podReferences(pod)).toEqual({
    configMaps: ["debug", "env-map", "init-from", "projected", "volume-map"],
    secrets: ["both", "csi", "env-secret", "from-secret", "pull", "volume-secret"],
    persistentVolumeClaims: ["data", "web-v5"],
  });
  expect(podReferences({})).toEqual({ configMaps: [], secrets: [], persistentVolumeClaims: [] });
});
