import { describe, expect, test } from "bun:test";
import type { Deployment, Job, Pod, Secret, Service } from "../object.ts";
import { DEPLOYMENTS, JOBS, NAMESPACES, NODES, PODS, SECRETS, SERVICES } from "../resources.ts";
import { addDefaultTolerations, setDefaultServiceAccount } from "./pod.ts";
import { prepareServiceUpdate } from "./service.ts";

const withDefaults = <T>(kind: { setDefaults(object: T): void }, object: T): T => {
  const copy = structuredClone(object);
  kind.setDefaults(copy);
  const again = structuredClone(copy);
  kind.setDefaults(again);
  expect(again).toEqual(copy);
  return copy;
};

const CONTAINER = {
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  imagePullPolicy: "Always",
  resources: {},
};

const POD_SPEC = {
  restartPolicy: "Always",
  dnsPolicy: "ClusterFirst",
  schedulerName: "default-scheduler",
  terminationGracePeriodSeconds: 30,
  securityContext: {},
};

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("a pod", () => {
  const pod = (spec: Partial<NonNullable<Pod["spec"]>>): Pod => ({
    spec: { containers: [{ name: "c", image: "busybox" }], ...spec },
  });

  test("that is minimal becomes what the API server stores", () => {
    expect(withDefaults(PODS, pod({})).spec).toEqual({
      containers: [{ name: "c", image: "busybox", ...CONTAINER }],
      ...POD_SPEC,
      enableServiceLinks: true,
    });
  });

  test.each([
    ["busybox", "Always"],
    ["busybox:latest", "Always"],
    ["busybox:1.36", "IfNotPresent"],
    ["localhost:5000/busybox", "Always"],
    ["localhost:5000/busybox:1", "IfNotPresent"],
    [`busybox@${DIGEST}`, "IfNotPresent"],
    [`busybox:latest@${DIGEST}`, "Always"],
  ])("pulls %s %s", (image, policy) => {
    const { spec } = withDefaults(PODS, pod({ containers: [{ name: "c", image }] }));
    expect(spec?.containers[0]?.imagePullPolicy).toBe(policy);
  });

  test("has the defaults of ports, env, probes and hooks", () => {
    const container = {
      name: "c",
      image: "busybox",
      ports: [{ containerPort: 80 }],
      env: [
        { name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        { name: "B", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
      ],
      livenessProbe: { httpGet: { port: 80 } },
      readinessProbe: { grpc: { port: 81 } },
      lifecycle: { preStop: { httpGet: { port: 80 } } },
    };
    const counts = {
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    };
    const httpGet = { port: 80, path: "/", scheme: "HTTP" };
    expect(withDefaults(PODS, pod({ containers: [container] })).spec?.containers).toEqual([
      {
        ...CONTAINER,
        name: "c",
        image: "busybox",
        ports: [{ containerPort: 80, protocol: "TCP" }],
        env: [
          { name: "A", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
          { name: "B", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "0" } } },
        ],
        livenessProbe: { httpGet, ...counts },
        readinessProbe: { grpc: { port: 81, service: "" }, ...counts },
        lifecycle: { preStop: { httpGet } },
      },
    ]);
  });

  test("has the defaults of volumes", () => {
    const volumes = [
      { name: "none" },
      { name: "empty", emptyDir: { sizeLimit: "1024Mi" } },
      { name: "host", hostPath: { path: "/tmp" } },
      { name: "secret", secret: { secretName: "s" } },
      { name: "map", configMap: { name: "m", defaultMode: 0o600 } },
      {
        name: "down",
        downwardAPI: { items: [{ path: "n", fieldRef: { fieldPath: "metadata.name" } }] },
      },
      { name: "token", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } },
    ];
    expect(withDefaults(PODS, pod({ volumes })).spec?.volumes).toEqual([
      { name: "none", emptyDir: {} },
      { name: "empty", emptyDir: { sizeLimit: "1Gi" } },
      { name: "host", hostPath: { path: "/tmp", type: "" } },
      { name: "secret", secret: { secretName: "s", defaultMode: 420 } },
      { name: "map", configMap: { name: "m", defaultMode: 384 } },
      {
        name: "down",
        downwardAPI: {
          defaultMode: 420,
          items: [{ path: "n", fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } }],
        },
      },
      {
        name: "token",
        projected: {
          defaultMode: 420,
          sources: [{ serviceAccountToken: { path: "t", expirationSeconds: 3600 } }],
        },
      },
    ]);
  });

  test("requests what it limits, in canonical quantities", () => {
    const resources = { limits: { cpu: "0.5", memory: "1024Mi" }, requests: { cpu: "0.1" } };
    const made = withDefaults(PODS, pod({ containers: [{ name: "c", resources }] }));
    expect(made.spec?.containers[0]?.resources).toEqual({
      limits: { cpu: "500m", memory: "1Gi" },
      requests: { cpu: "100m", memory: "1Gi" },
    });
  });

  test("on the host's network listens where its containers do", () => {
    const containers = [{ name: "c", ports: [{ containerPort: 80 }] }];
    const made = withDefaults(PODS, pod({ hostNetwork: true, containers }));
    expect(made.spec?.containers[0]?.ports).toEqual([
      { containerPort: 80, hostPort: 80, protocol: "TCP" },
    ]);
  });

  test("starts pending, in its class", () => {
    const made = pod({});
    PODS.prepareForCreate?.(made);
    expect(made.status).toEqual({ phase: "Pending", qosClass: "BestEffort" });
  });

  test("gets from admission what is its own function", () => {
    const made = pod({
      tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists" }],
    });
    addDefaultTolerations(made);
    addDefaultTolerations(made);
    expect(made.spec?.tolerations).toEqual([
      { key: "node.kubernetes.io/not-ready", operator: "Exists" },
      {
        key: "node.kubernetes.io/unreachable",
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 300,
      },
    ]);
    setDefaultServiceAccount(made);
    expect(made.spec).toMatchObject({
      serviceAccountName: "default",
      serviceAccount: "default",
    });
  });
});

describe("a workload", () => {
  const template = {
    metadata: { labels: { app: "a" } },
    spec: {
      containers: [{ name: "c", image: "busybox:1", resources: { limits: { cpu: "1000m" } } }],
    },
  };

  test("Deployment", () => {
    const deployment: Deployment = { spec: { selector: { matchLabels: { app: "a" } }, template } };
    expect(withDefaults(DEPLOYMENTS, deployment).spec).toEqual({
      selector: { matchLabels: { app: "a" } },
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" },
      },
      template: {
        metadata: { labels: { app: "a" } },
        spec: {
          ...POD_SPEC,
          containers: [
            {
              ...CONTAINER,
              name: "c",
              image: "busybox:1",
              imagePullPolicy: "IfNotPresent",
              resources: { limits: { cpu: "1" } },
            },
          ],
        },
      },
    });
  });

  test("Deployment that recreates has no rolling update", () => {
    const strategy = { type: "Recreate" };
    const deployment: Deployment = { spec: { selector: {}, template, strategy } };
    expect(withDefaults(DEPLOYMENTS, deployment).spec?.strategy).toEqual({ type: "Recreate" });
  });

  test("Job, with a selector of its own", () => {
    const job: Job = {
      metadata: { name: "j", uid: "u" },
      spec: { template: { spec: { containers: [{ name: "c" }], restartPolicy: "Never" } } },
    };
    const made = withDefaults(JOBS, job);
    JOBS.prepareForCreate?.(made);
    expect(made.spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      suspend: false,
      podReplacementPolicy: "TerminatingOrFailed",
      selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "u" } },
      template: {
        metadata: {
          labels: {
            "batch.kubernetes.io/controller-uid": "u",
            "batch.kubernetes.io/job-name": "j",
            "controller-uid": "u",
            "job-name": "j",
          },
        },
      },
    });
    expect(JOBS.validate(made).map(({ field }) => field)).toEqual([
      "spec.template.spec.containers[0].image",
    ]);
  });

  test("Job with parallelism only has no completions", () => {
    const job: Job = { spec: { parallelism: 3, template: { spec: { containers: [] } } } };
    expect(withDefaults(JOBS, job).spec?.completions).toBeUndefined();
  });
});

describe("a Service", () => {
  const ports = [{ port: 80 }];

  test.each<[string, Service["spec"], Service["spec"]]>([
    [
      "ClusterIP",
      { ports },
      {
        type: "ClusterIP",
        sessionAffinity: "None",
        internalTrafficPolicy: "Cluster",
        ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      },
    ],
    [
      "headless",
      { clusterIP: "None", ports },
      {
        type: "ClusterIP",
        clusterIP: "None",
        clusterIPs: ["None"],
        sessionAffinity: "None",
        internalTrafficPolicy: "Cluster",
        ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      },
    ],
    [
      "LoadBalancer with affinity",
      {
        type: "LoadBalancer",
        sessionAffinity: "ClientIP",
        ports: [{ port: 80, targetPort: "web" }],
      },
      {
        type: "LoadBalancer",
        sessionAffinity: "ClientIP",
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
        externalTrafficPolicy: "Cluster",
        internalTrafficPolicy: "Cluster",
        allocateLoadBalancerNodePorts: true,
        ports: [{ port: 80, protocol: "TCP", targetPort: "web" }],
      },
    ],
    [
      "ExternalName",
      { type: "ExternalName", externalName: "example.com" },
      { type: "ExternalName", externalName: "example.com", sessionAffinity: "None" },
    ],
  ])("%s", (_, given, expected) => {
    expect(withDefaults<Service>(SERVICES, { ...(given && { spec: given }) }).spec).toEqual(
      expected,
    );
  });

  const stored: Service = {
    spec: {
      type: "NodePort",
      clusterIP: "10.43.0.9",
      clusterIPs: ["10.43.0.9"],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      externalTrafficPolicy: "Cluster",
      ports: [{ port: 80, protocol: "TCP", nodePort: 30_080 }],
    },
  };

  const updated = (spec: Service["spec"]) => {
    const next: Service = { ...(spec && { spec: structuredClone(spec) }) };
    prepareServiceUpdate(next, stored);
    return next.spec;
  };

  test("keeps what was allocated to it when the client does not repeat it", () => {
    const type = "NodePort";
    expect(
      updated({
        type,
        ports: [
          { port: 80, protocol: "TCP" },
          { port: 81, protocol: "TCP" },
        ],
      }),
    ).toEqual({
      type,
      clusterIP: "10.43.0.9",
      clusterIPs: ["10.43.0.9"],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      ports: [
        { port: 80, protocol: "TCP", nodePort: 30_080 },
        { port: 81, protocol: "TCP" },
      ],
    });
  });

  test("loses what its new type does not have", () => {
    expect(updated({ ...stored.spec, type: "ClusterIP" })).toEqual({
      type: "ClusterIP",
      clusterIP: "10.43.0.9",
      clusterIPs: ["10.43.0.9"],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      ports: [{ port: 80, protocol: "TCP" }],
    });
    const external = { ...stored.spec, type: "ExternalName", externalName: "a.b" };
    expect(updated(external)).toEqual({
      type: "ExternalName",
      externalName: "a.b",
      ports: [{ port: 80, protocol: "TCP" }],
    });
  });
});

test("a namespace carries its name and a finalizer", () => {
  const namespace = withDefaults(NAMESPACES, { metadata: { name: "shop", labels: { a: "b" } } });
  NAMESPACES.prepareForCreate?.(namespace);
  expect(namespace).toEqual({
    metadata: { name: "shop", labels: { a: "b", "kubernetes.io/metadata.name": "shop" } },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  });
});

test("a secret's text becomes data", () => {
  const secret: Secret = { data: { a: "MQ==", b: "Mg==" }, stringData: { b: "two" } };
  expect(withDefaults(SECRETS, secret)).toEqual({
    type: "Opaque",
    data: { a: "MQ==", b: "dHdv" },
  });
});

test("a node's amounts are canonical, and all of them allocatable", () => {
  expect(withDefaults(NODES, { status: { capacity: { cpu: "4000m", memory: "2048Mi" } } })).toEqual(
    {
      status: {
        capacity: { cpu: "4", memory: "2Gi" },
        allocatable: { cpu: "4", memory: "2Gi" },
      },
    },
  );
});
