import { expect, test } from "bun:test";
import { created } from "#test/kit/validate.ts";
import type { Container, Pod, PodSpec } from "../object.ts";
import { PODS } from "../resources/core-pods.ts";

const pod = (spec: Partial<PodSpec>): Pod => ({
  metadata: { name: "p" },
  spec: { containers: [{ name: "c", image: "busybox" }], ...spec },
});
const container = (given: Partial<Container>, spec: Partial<PodSpec> = {}): Pod =>
  pod({ ...spec, containers: [{ name: "c", image: "busybox", ...given }] });

type Spread = NonNullable<PodSpec["topologySpreadConstraints"]>[number];
const spread = (...given: Partial<Spread>[]): Pod =>
  pod({
    topologySpreadConstraints: given.map((one) => ({
      maxSkew: 1,
      topologyKey: "zone",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { a: "b" } },
      ...one,
    })),
  });

test.each<[string, Pod, string[]]>([
  [
    "spread that repeats itself and is not wide",
    spread({ maxSkew: 0 }, { minDomains: 0 }),
    [
      "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
      'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"',
      "spec.topologySpreadConstraints[1].minDomains: Invalid value: 0: must be greater than zero",
    ],
  ],
  [
    "spread by policies and keys",
    spread({
      nodeAffinityPolicy: "Maybe",
      nodeTaintsPolicy: "Honor",
      matchLabelKeys: ["a", "c d"],
    }),
    [
      'spec.topologySpreadConstraints[0].nodeAffinityPolicy: Unsupported value: "Maybe": supported values: "Honor", "Ignore"',
      expect.stringContaining(
        'spec.topologySpreadConstraints[0].matchLabelKeys[1]: Invalid value: "c d": name part must consist of',
      ),
    ],
  ],
  [
    "keys of an affinity without a selector",
    pod({
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: "zone", matchLabelKeys: ["a"], mismatchLabelKeys: ["a"] },
          ],
        },
      },
    }),
    [
      "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
      "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].mismatchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and mismatchLabelKeys',
    ],
  ],
  [
    "a label that no node can have",
    pod({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: "a", operator: "In", values: ["b c"] }] },
            ],
          },
        },
      },
    }),
    [
      expect.stringContaining(
        'nodeSelectorTerms[0].matchExpressions[0].values[0]: Invalid value: "b c": a valid label must be',
      ),
    ],
  ],
  [
    "the same gate twice",
    pod({ schedulingGates: [{ name: "a" }, { name: "a" }] }),
    ['spec.schedulingGates[1]: Duplicate value: "a"'],
  ],
  [
    "searches of DNS",
    pod({ dnsConfig: { searches: [".", "_tcp.example.com", "a b"] } }),
    [
      expect.stringContaining(
        'spec.dnsConfig.searches[2]: Invalid value: "a b": a lowercase RFC 1123 subdomain',
      ),
    ],
  ],
  [
    "profiles that say too little or too much",
    container(
      {
        securityContext: {
          seccompProfile: { type: "Localhost", localhostProfile: "../a" },
          appArmorProfile: { type: "Localhost", localhostProfile: " a" },
        },
      },
      {
        securityContext: {
          seccompProfile: { type: "" },
          appArmorProfile: { type: "RuntimeDefault", localhostProfile: "a" },
          supplementalGroupsPolicy: "All",
          seLinuxChangePolicy: "Never",
        },
      },
    ),
    [
      "spec.containers[0].securityContext.seccompProfile.localhostProfile: Invalid value: \"../a\": must not contain '..'",
      'spec.containers[0].securityContext.appArmorProfile.localhostProfile: Invalid value: " a": must not be padded with whitespace',
      "spec.securityContext.seccompProfile.type: Required value: type is required when seccompProfile is set",
      'spec.securityContext.appArmorProfile.localhostProfile: Invalid value: "a": can only be set when AppArmor type is Localhost',
      'spec.securityContext.supplementalGroupsPolicy: Unsupported value: "All": supported values: "Merge", "Strict"',
      'spec.securityContext.seLinuxChangePolicy: Unsupported value: "Never": supported values: "Recursive"',
    ],
  ],
  [
    "/proc unmasked among the host's users",
    container({ securityContext: { procMount: "Unmasked" } }),
    [
      'spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
    ],
  ],
  [
    "/proc unmasked among users of its own",
    container({ securityContext: { procMount: "Unmasked" } }, { hostUsers: false }),
    [],
  ],
  [
    "what Linux does not have",
    container(
      { securityContext: { windowsOptions: {} } },
      { os: { name: "linux" }, securityContext: { windowsOptions: {} } },
    ),
    [
      "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod",
      "spec.containers[0].securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod",
    ],
  ],
  [
    "what Windows does not have",
    container(
      { securityContext: { privileged: true, runAsUser: 1 } },
      { os: { name: "windows" }, hostPID: true, securityContext: { fsGroup: 1, sysctls: [] } },
    ),
    [
      "spec.hostPID: Forbidden: cannot be set for a windows pod",
      "spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod",
      "spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod",
      "spec.containers[0].securityContext.runAsUser: Forbidden: cannot be set for a windows pod",
    ],
  ],
  [
    "mounts that are read-only all the way down",
    container(
      {
        volumeMounts: [
          { name: "v", mountPath: "/a", recursiveReadOnly: "Enabled" },
          {
            name: "v",
            mountPath: "/b",
            readOnly: true,
            recursiveReadOnly: "IfPossible",
            mountPropagation: "HostToContainer",
          },
          { name: "v", mountPath: "/c", recursiveReadOnly: "Maybe" },
        ],
      },
      { volumes: [{ name: "v", emptyDir: {} }] },
    ),
    [
      "spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true",
      "spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified",
      'spec.containers[0].volumeMounts.recursiveReadOnly: Unsupported value: "Maybe": supported values: "Disabled", "Enabled", "IfPossible"',
    ],
  ],
  [
    "a volume that is a device and a directory",
    container(
      {
        volumeMounts: [{ name: "v", mountPath: "/a" }],
        volumeDevices: [{ name: "v", devicePath: "/a" }],
      },
      { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }] },
    ),
    [
      'spec.containers[0].volumeMounts[0].name: Invalid value: "v": must not already exist in volumeDevices',
      'spec.containers[0].volumeMounts[0].mountPath: Invalid value: "/a": must not already exist as a path in volumeDevices',
      'spec.containers[0].volumeDevices[0].name: Invalid value: "v": must not already exist in volumeMounts',
      'spec.containers[0].volumeDevices[0].devicePath: Invalid value: "/a": must not already exist as a path in volumeMounts',
    ],
  ],
  [
    "what a resize does to a container",
    container(
      {
        resizePolicy: [
          { resourceName: "cpu", restartPolicy: "RestartContainer" },
          { resourceName: "cpu", restartPolicy: "NotRequired" },
          { resourceName: "disk", restartPolicy: "" },
        ],
      },
      { restartPolicy: "Never" },
    ),
    [
      "spec.containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when pod `restartPolicy` is 'Never'",
      'spec.containers[0].resizePolicy[1]: Duplicate value: "cpu"',
      'spec.containers[0].resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"',
      "spec.containers[0].resizePolicy: Required value",
      "spec.containers[0].resizePolicy: Invalid value: \"\": must be 'NotRequired' when pod `restartPolicy` is 'Never'",
    ],
  ],
])("%s", (_, given, said) => {
  expect(created(PODS, given)).toEqual(said);
});
