import { expect, test } from "bun:test";
import { plainContainer, plainPod, warned } from "#test/kit/warned.ts";
import type { PodSpec } from "../object.ts";
import { PODS } from "../resources/core-pods.ts";
import { POD_TEMPLATES } from "../resources/core-workloads.ts";

const ofPod = (given: Partial<PodSpec>, annotations: Record<string, string> = {}) =>
  warned(PODS, { metadata: { name: "p", annotations }, spec: plainPod(given) });

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
      initContainers: [plainContainer({ name: "i", resources: { requests: { memory: "100m" } } })],
      containers: [plainContainer({ resources: { limits: { "ephemeral-storage": "1500m" } } })],
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
        plainContainer({
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
        plainContainer({
          ports: [{ containerPort: 80 }, { containerPort: 80, hostIP: "10.0.0.1" }],
        }),
        plainContainer({
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

  const template = { metadata: { annotations }, spec: plainPod() };
  expect(warned(POD_TEMPLATES, { metadata: { name: "t" }, template })).toEqual([
    ...said.map((text) => `template.${text}`),
    'template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/main]: deprecated since v1.30; use the "appArmorProfile" field instead',
  ]);
});

test("its name is its host's name, and a change of it warns of nothing", () => {
  const pod = { metadata: { name: "a.b" }, spec: plainPod() };
  expect(warned(PODS, pod)).toEqual([
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
  ]);
  expect(PODS.warnings?.(pod, pod)).toEqual([]);
});
