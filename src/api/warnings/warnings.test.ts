import { describe, expect, test } from "bun:test";
import type { Container, KubeObject, PodSpec } from "../object.ts";
import type { Resource } from "../resource.ts";
import { DEPLOYMENTS, STATEFUL_SETS } from "../resources/apps.ts";
import { CRON_JOBS, JOBS } from "../resources/batch.ts";
import { SECRETS } from "../resources/core-config.ts";
import { RESOURCE_QUOTAS } from "../resources/core-limits.ts";
import { PODS } from "../resources/core-pods.ts";
import { SERVICES } from "../resources/core-services.ts";
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from "../resources/core-storage.ts";
import { POD_TEMPLATES } from "../resources/core-workloads.ts";

const container = (given: Partial<Container> = {}): Container => ({
  name: "main",
  image: "nginx",
  ...given,
});
const spec = (given: Partial<PodSpec> = {}): PodSpec => ({ containers: [container()], ...given });

/** What a client is warned of when it makes an object. */
function warned<T extends KubeObject>(kind: Resource<T>, given: T): string[] {
  const object = structuredClone(given);
  kind.setDefaults(object);
  return kind.warnings?.(object, undefined) ?? [];
}

const ofPod = (given: Partial<PodSpec>, annotations: Record<string, string> = {}) =>
  warned(PODS, { metadata: { name: "p", annotations }, spec: spec(given) });

describe("a pod", () => {
  const cases: readonly (readonly [what: string, given: Partial<PodSpec>, said: string[]])[] = [
    ["nothing odd", {}, []],
    [
      "labels of nodes that go by another name",
      {
        nodeSelector: { "beta.kubernetes.io/os": "linux" },
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: "beta.kubernetes.io/arch", operator: "Exists" }] },
              ],
            },
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 1,
                preference: {
                  matchExpressions: [
                    { key: "node-role.kubernetes.io/master", operator: "DoesNotExist" },
                  ],
                },
              },
            ],
          },
        },
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "failure-domain.beta.kubernetes.io/zone",
            whenUnsatisfiable: "DoNotSchedule",
          },
        ],
      },
      [
        'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/arch is deprecated since v1.14; use "kubernetes.io/arch" instead',
        'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: node-role.kubernetes.io/master is use "node-role.kubernetes.io/control-plane" instead',
        'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
        "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
      ],
    ],
    [
      "neighbours that nobody is",
      {
        affinity: {
          podAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone" }],
          },
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, podAffinityTerm: { topologyKey: "zone" } },
            ],
          },
        },
      },
      [
        "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod",
        "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod",
      ],
    ],
    [
      "volumes that nothing serves",
      {
        volumes: [
          { name: "a", gitRepo: { repository: "r" } },
          { name: "b", glusterfs: { endpoints: "e", path: "p" } },
          { name: "c", rbd: { image: "i", monitors: ["m"] } },
          { name: "d", storageos: {} },
        ],
      },
      [
        "spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
        "spec.volumes[1].glusterfs: deprecated in v1.25, non-functional in v1.26+",
        "spec.volumes[2].rbd: deprecated in v1.28, non-functional in v1.31+",
        "spec.volumes[3].storageOS: deprecated in v1.22, non-functional in v1.25+",
      ],
    ],
    [
      "files where a token lies",
      {
        volumes: [
          {
            name: "a",
            projected: {
              sources: [
                { serviceAccountToken: { path: "token" } },
                { configMap: { name: "c", items: [{ key: "k", path: "token" }] } },
                { secret: { name: "s", items: [{ key: "k", path: "other" }] } },
              ],
            },
          },
        ],
      },
      [
        'volume "a" (Projected): overlapping paths: "token" (ConfigMap "c") with "token" (ServiceAccountToken)',
      ],
    ],
    [
      "addresses that are spelled as nobody else would",
      {
        hostAliases: [{ ip: "2001:DB8::1" }],
        containers: [
          { name: "c", image: "i", ports: [{ name: "web", containerPort: 80 }] },
          { name: "d", image: "i", ports: [{ name: "web", containerPort: 81 }] },
        ],
      },
      [
        'spec.containers[1].ports[0]: duplicate port name "web" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]',
        'spec.hostAliases[0].ip: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
      ],
    ],
    [
      "things given twice",
      {
        hostAliases: [{ ip: "10.0.0.1" }, { ip: "10.0.0.1" }],
        imagePullSecrets: [{ name: "a" }, { name: "a" }, { name: "" }],
      },
      [
        'spec.hostAliases[1].ip: duplicate ip "10.0.0.1"',
        'spec.imagePullSecrets[1].name: duplicate name "a"',
        'spec.imagePullSecrets[2].name: invalid empty name ""',
      ],
    ],
    [
      "parts of bytes",
      {
        initContainers: [container({ name: "i", resources: { requests: { memory: "100m" } } })],
        containers: [container({ resources: { limits: { "ephemeral-storage": "1500m" } } })],
      },
      [
        'spec.initContainers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
        'spec.containers[0].resources.limits[ephemeral-storage]: fractional byte value "1500m" is invalid, must be an integer',
        'spec.containers[0].resources.requests[ephemeral-storage]: fractional byte value "1500m" is invalid, must be an integer',
      ],
    ],
    [
      "variables that hide others",
      {
        containers: [
          container({
            env: [
              { name: "A", value: "1" },
              { name: "A", value: "$(A):2" },
              { name: "A", value: "3" },
              { name: "B", value: "1" },
              { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            ],
          }),
        ],
      },
      [
        'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
        'spec.containers[0].env[4]: hides previous definition of "B", which may be dropped when using apply',
      ],
    ],
    [
      "ports of one number",
      {
        containers: [
          container({ ports: [{ containerPort: 80 }, { containerPort: 80, hostIP: "10.0.0.1" }] }),
          container({
            name: "other",
            ports: [
              { containerPort: 80 },
              { containerPort: 81, hostPort: 81 },
              { containerPort: 81, hostPort: 81, hostIP: "10.0.0.1" },
            ],
          }),
        ],
      },
      [
        "spec.containers[0].ports[1]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:10.0.0.1}",
        "spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]",
        "spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]",
        "spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[1]",
        "spec.containers[1].ports[2]: dangerously ambiguous port definition with spec.containers[1].ports[1]",
      ],
    ],
    ["a grace period below 0, which is 1 in a pod", { terminationGracePeriodSeconds: -1 }, []],
  ];
  test.each([...cases])("%s", (_, given, said) => {
    expect(ofPod(given)).toEqual(said);
  });

  test("annotations that fields replaced", () => {
    const annotations = {
      "scheduler.alpha.kubernetes.io/critical-pod": "",
      "seccomp.security.alpha.kubernetes.io/pod": "runtime/default",
      "container.seccomp.security.alpha.kubernetes.io/main": "unconfined",
      "container.apparmor.security.beta.kubernetes.io/main": "unconfined",
    };
    const seccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead';
    const said = [
      'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
      `metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: ${seccomp}`,
      `metadata.annotations[container.seccomp.security.alpha.kubernetes.io/main]: ${seccomp}`,
    ];
    expect(ofPod({}, annotations)).toEqual(said);

    const template = { metadata: { annotations }, spec: spec() };
    expect(warned(POD_TEMPLATES, { metadata: { name: "t" }, template })).toEqual([
      ...said.map((text) => `template.${text}`),
      'template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/main]: deprecated since v1.30; use the "appArmorProfile" field instead',
    ]);
  });

  test("its name is its host's name, and a change of it warns of nothing", () => {
    const pod = { metadata: { name: "a.b" }, spec: spec() };
    expect(warned(PODS, pod)).toEqual([
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ]);
    expect(PODS.warnings?.(pod, pod)).toEqual([]);
  });
});

describe("what makes pods", () => {
  const odd = {
    metadata: { labels: { a: "b" } },
    spec: spec({ hostAliases: [{ ip: "1" }, { ip: "1" }] }),
  };
  const said = 'spec.hostAliases[1].ip: duplicate ip "1"';
  const dots =
    "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]";

  test("warns of its template by its place, when it is new or its spec changed", () => {
    const selector = { matchLabels: { a: "b" } };
    const made = (generation: number) => ({
      metadata: { name: "a.b", generation },
      spec: { selector, template: odd },
    });
    expect(warned(DEPLOYMENTS, made(1))).toEqual([dots, `spec.template.${said}`]);
    expect(DEPLOYMENTS.warnings?.(made(1), made(1))).toEqual([]);
    expect(DEPLOYMENTS.warnings?.(made(2), made(1))).toEqual([`spec.template.${said}`]);
  });

  test("a StatefulSet's claims and history", () => {
    const claim = {
      metadata: { name: "c" },
      spec: { resources: { requests: { storage: "500m" } } },
    };
    const set = {
      metadata: { name: "s" },
      spec: {
        serviceName: "s",
        selector: { matchLabels: { a: "b" } },
        template: { spec: spec() },
        volumeClaimTemplates: [claim],
        revisionHistoryLimit: -1,
      },
    };
    expect(warned(STATEFUL_SETS, set)).toEqual([
      'spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte value "500m" is invalid, must be an integer',
      "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
    ]);
  });

  test("a Job of very many indexes", () => {
    const job = {
      metadata: { name: "j" },
      spec: {
        completionMode: "Indexed",
        completions: 100_001,
        parallelism: 10_001,
        template: { spec: spec() },
      },
    };
    const vast =
      "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
    expect(warned(JOBS, job)).toEqual([`spec: ${vast}`]);
    const cron = {
      metadata: { name: "c" },
      spec: { schedule: "* * * * *", jobTemplate: { spec: job.spec } },
    };
    expect(warned(CRON_JOBS, cron)).toEqual([`spec.jobTemplate.spec: ${vast}`]);
    const zoned = { ...cron, spec: { ...cron.spec, schedule: "TZ=UTC * * * * *" } };
    expect(CRON_JOBS.warnings?.(zoned, zoned)).toEqual([
      "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
    ]);
  });
});

test("volumes and claims of old", () => {
  const annotations = {
    "volume.beta.kubernetes.io/storage-class": "a",
    "volume.beta.kubernetes.io/mount-options": "b",
  };
  const metadata = { name: "v", annotations };
  const storageClass =
    'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead';
  const volume = {
    metadata,
    spec: { persistentVolumeReclaimPolicy: "Recycle", cephfs: { monitors: ["m"] } },
  };
  expect(warned(PERSISTENT_VOLUMES, volume)).toEqual([
    storageClass,
    'metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use "mountOptions" attribute instead',
    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
    "spec.cephfs: deprecated in v1.28, non-functional in v1.31+",
  ]);
  const claim = { metadata, spec: { resources: { requests: { storage: "1500m" } } } };
  expect(warned(PERSISTENT_VOLUME_CLAIMS, claim)).toEqual([
    storageClass,
    'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
  ]);
});

test("what a Service does not heed", () => {
  const ports = [{ port: 80 }];
  const of = (given: object) =>
    warned(SERVICES, { metadata: { name: "s" }, spec: { ports, ...given } });
  expect(of({})).toEqual([]);
  expect(of({ externalIPs: ["10.0.0.1"], trafficDistribution: "PreferClose" })).toEqual([
    "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
  ]);
  expect(
    of({ clusterIP: "None", sessionAffinity: "ClientIP", loadBalancerIP: "10.0.0.1" }),
  ).toEqual([
    "spec.loadBalancerIP is ignored for headless services",
    "spec.SessionAffinity is ignored for headless services",
  ]);
  const spelled = (path: string, given: string, better: string) =>
    `${path}: IPv6 ${given.includes("/") ? "CIDR value" : "address"} "${given}" should be in RFC 5952 canonical format ("${better}")`;
  expect(
    of({
      clusterIP: "2001:DB8::1",
      clusterIPs: ["2001:DB8::1"],
      externalIPs: ["2001:DB8::2"],
      loadBalancerIP: "2001:DB8::3",
      loadBalancerSourceRanges: ["2001:DB8::/64"],
    }),
  ).toEqual([
    spelled("spec.clusterIPs[0]", "2001:DB8::1", "2001:db8::1"),
    spelled("spec.externalIPs[0]", "2001:DB8::2", "2001:db8::2"),
    "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    spelled("spec.loadBalancerIP", "2001:DB8::3", "2001:db8::3"),
    spelled("spec.loadBalancerSourceRanges[0]", "2001:DB8::/64", "2001:db8::/64"),
  ]);
  expect(of({ type: "ExternalName", externalName: "a", externalIPs: ["10.0.0.1"] })).toEqual([
    'spec.externalIPs is ignored when spec.type is "ExternalName"',
  ]);
  expect(of({ externalName: "a" })).toEqual([
    'spec.externalName is ignored when spec.type is not "ExternalName"',
  ]);
});

test("a certificate and a key that are none, or no pair", () => {
  const tls = (certificate: string, key: string) =>
    warned(SECRETS, {
      metadata: { name: "s" },
      type: "kubernetes.io/tls",
      data: Object.fromEntries(
        Object.entries({ "tls.crt": certificate, "tls.key": key }).map(([name, text]) => [
          name,
          Buffer.from(text).toString("base64"),
        ]),
      ),
    });
  const pem = "-----BEGIN X-----\nAAAA\n-----END X-----\n";
  expect(tls("", "")).toEqual(["tls: failed to find any PEM data in certificate input"]);
  expect(tls(pem, "")).toEqual(["tls: failed to find any PEM data in key input"]);
  expect(tls(pem, pem)).toEqual(["tls: failed to parse certificate or private key"]);
});

test("a quota of more requests than limits cannot be used up", () => {
  const hard = {
    "limits.cpu": "1",
    cpu: "2",
    "limits.memory": "2Gi",
    "requests.memory": "3Gi",
    memory: "1Gi",
    "limits.storage": "1",
    storage: "2",
    "limits.ephemeral-storage": "5",
    "requests.ephemeral-storage": "5",
  };
  const quota = { metadata: { name: "q" }, spec: { hard } };
  expect(warned(RESOURCE_QUOTAS, quota)).toEqual([
    "ResourceQuota cpu (2) should be less than limits.cpu (1)",
    "ResourceQuota requests.memory (3Gi) should be less than limits.memory (2Gi)",
  ]);
  expect(RESOURCE_QUOTAS.warnings?.(quota, quota)).toEqual([]);
});
