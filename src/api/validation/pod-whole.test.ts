import { describe, expect, test } from "bun:test";
import { created } from "#test/kit/validate.ts";
import type { Container, Pod, PodSpec } from "../object.ts";
import { PODS } from "../resources/core-pods.ts";

const container = { name: "c", image: "i" };
const pod = (spec: Partial<PodSpec>): Pod => ({
  metadata: { name: "p", labels: { app: "x", v: "1" } },
  spec: { containers: [container], ...spec },
});
const withResources = (resources: Container["resources"]): Container => ({
  ...container,
  ...(resources && { resources }),
});

/** What a new pod is before it is validated. */
function made(given: Pod): PodSpec | undefined {
  const object = structuredClone(given);
  PODS.setDefaults(object);
  PODS.prepareForCreate?.(object);
  return object.spec;
}

describe("what a pod asks for as a whole", () => {
  test("is what its containers ask for where it says how far it may go, and else that", () => {
    const containers = [
      withResources({ requests: { cpu: "100m" } }),
      { ...withResources({ requests: { cpu: "200m" } }), name: "d" },
    ];
    const spec = made(pod({ containers, resources: { limits: { cpu: "1", memory: "1Gi" } } }));
    expect(spec?.resources).toEqual({
      limits: { cpu: "1", memory: "1Gi" },
      requests: { cpu: "300m", memory: "1Gi" },
    });
  });

  test("has the large pages of its containers", () => {
    const amounts = { "hugepages-2Mi": "4Mi", memory: "1Gi" };
    const containers = [withResources({ limits: amounts })];
    const spec = made(pod({ containers, resources: { requests: { cpu: "1" } } }));
    expect(spec?.resources).toEqual({
      limits: { "hugepages-2Mi": "4Mi" },
      requests: { cpu: "1", memory: "1Gi", "hugepages-2Mi": "4Mi" },
    });
  });

  test.each<[string, Partial<PodSpec>, string[]]>([
    [
      "less than its containers",
      {
        containers: [withResources({ requests: { cpu: "2" }, limits: { cpu: "3" } })],
        resources: { requests: { cpu: "1" }, limits: { cpu: "2" } },
      },
      [
        'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
        'spec.resources.containers[0][cpu].limits: Invalid value: "3": must be less than or equal to pod limits of 2',
      ],
    ],
    [
      "what is no pod's",
      { resources: { limits: { "example.com/gpu": "1" } } },
      [
        'spec.resources.limits[example.com/gpu]: Unsupported value: "example.com/gpu": supported values: "cpu", "hugepages-", "memory"',
      ],
    ],
    [
      "devices",
      { resources: { claims: [{ name: "a" }] } },
      ["spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level"],
    ],
    [
      "on Windows",
      { os: { name: "windows" }, resources: { limits: { cpu: "1" } } },
      ["spec.resources: Forbidden: may not be set for a windows pod"],
    ],
  ])("%s", (_, spec, said) => {
    expect(created(PODS, pod(spec))).toEqual(said);
  });
});

test("large pages come whole", () => {
  const amounts = { "hugepages-2Mi": "3Mi", memory: "1Gi" };
  const path = "spec.containers[0].resources";
  const said = 'Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi';
  expect(created(PODS, pod({ containers: [withResources({ limits: amounts })] }))).toEqual([
    `${path}.limits[hugepages-2Mi]: ${said}`,
    `${path}.requests[hugepages-2Mi]: ${said}`,
  ]);
});

describe("keys of labels", () => {
  test("mean the labels of the pod, from the first", () => {
    const labelSelector = { matchLabels: { app: "x" } };
    const spec = made(
      pod({
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "zone",
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector,
            matchLabelKeys: ["v", "absent"],
          },
        ],
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: "zone", labelSelector, mismatchLabelKeys: ["v"] },
              { topologyKey: "zone", matchLabelKeys: ["v"] },
            ],
          },
        },
      }),
    );
    const merged = (operator: string) => ({
      ...labelSelector,
      matchExpressions: [{ key: "v", operator, values: ["1"] }],
    });
    expect(spec?.topologySpreadConstraints?.[0]?.labelSelector).toEqual(merged("In"));
    const terms = spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    expect(terms?.map((term) => term.labelSelector)).toEqual([merged("NotIn"), undefined]);
  });

  test("are not selected by value as well", () => {
    const spread = {
      maxSkew: 1,
      topologyKey: "zone",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { v: "2" } },
      matchLabelKeys: ["v"],
    };
    expect(created(PODS, pod({ topologySpreadConstraints: [spread] }))).toEqual([
      'spec.topologySpreadConstraints[0][0]: Invalid value: "v": exists in both matchLabelKeys and labelSelector',
    ]);
  });
});

test.each<[string, Partial<PodSpec>, string[]]>([
  [
    "devices that it does not claim",
    {
      resourceClaims: [{ name: "a", resourceClaimName: "x" }, { name: "b" }],
      containers: [
        withResources({ claims: [{ name: "a" }, { name: "a", request: "r" }, { name: "z" }] }),
      ],
    },
    [
      'spec.resourceClaims[1]: Invalid value: {"Name":"b","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
      'spec.containers[0].resources.claims[1]: Duplicate value: "a"',
      'spec.containers[0].resources.claims[2]: Not found: "z": must be one of the names in pod.spec.resourceClaims: a, b',
    ],
  ],
  [
    "rules of its containers' own",
    {
      containers: [
        { ...container, restartPolicyRules: [{ action: "Stop" }] },
        {
          ...container,
          name: "d",
          restartPolicy: "Never",
          restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }],
        },
      ],
    },
    [
      "spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used",
      'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", "RestartAllContainers"',
      "spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified",
    ],
  ],
  [
    "variables from files",
    {
      volumes: [{ name: "v", hostPath: { path: "/x" } }],
      containers: [
        {
          ...container,
          env: [
            { name: "A", valueFrom: { fileKeyRef: { volumeName: "v", path: "f", key: "K" } } },
            { name: "B", valueFrom: { fileKeyRef: { volumeName: "w", path: "../f", key: "K" } } },
          ],
        },
      ],
    },
    [
      `spec.containers[0].env[1].valueFrom.fileKeyRef.path: Invalid value: "../f": must not contain '..'`,
      'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Invalid value: "v": referenced volume must be of type emptyDir',
      'spec.containers[0].env[1].valueFrom.fileKeyRef.volumeName: Not found: "w"',
    ],
  ],
  [
    "settings of its host",
    {
      hostNetwork: true,
      securityContext: { sysctls: [{ name: "net/ipv4/ip_forward", value: "1" }] },
    },
    [
      "spec.securityContext.sysctls[0].name: Invalid value: \"net/ipv4/ip_forward\": may not be specified when 'hostNetwork' is true",
    ],
  ],
  [
    "a user of Windows",
    {
      os: { name: "windows" },
      securityContext: { windowsOptions: { runAsUserName: "a\\b\\c", hostProcess: true } },
    },
    [
      'spec.securityContext.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash',
      "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers",
    ],
  ],
  [
    "another name for its host",
    { hostnameOverride: "A", setHostnameAsFQDN: true },
    [
      "spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true",
      expect.stringContaining(
        'spec.hostnameOverride: Invalid value: "A": a lowercase RFC 1123 subdomain',
      ),
    ],
  ],
])("a pod has %s", (_, spec, said) => {
  expect(created(PODS, pod(spec))).toEqual(said);
});

test("what is off by default is dropped", () => {
  const source = { clusterTrustBundle: { name: "b", path: "p" } };
  const spec = made(
    pod({
      os: { name: "linux" },
      containers: [{ ...container, lifecycle: { stopSignal: "SIGUSR1" } }],
      volumes: [{ name: "v", projected: { sources: [source] } }],
    }),
  );
  expect(spec?.containers[0]?.lifecycle).toBeUndefined();
  expect(spec?.volumes?.[0]?.projected?.sources).toEqual([{}]);
});
