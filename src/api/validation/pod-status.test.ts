import { expect, test } from "bun:test";
import { said } from "#test/kit/validate.ts";
import { preparePodStatus } from "../defaults/pod-status.ts";
import type { ContainerStatus, Pod, PodSpec, PodStatus } from "../object.ts";
import { PODS } from "../resources/core-pods.ts";

const pod = (status: PodStatus, spec: Partial<PodSpec> = {}): Pod => ({
  metadata: { name: "p" },
  spec: { containers: [{ name: "c" }], restartPolicy: "Never", ...spec },
  status,
});
const one = (state: ContainerStatus["state"]): PodStatus => ({
  containerStatuses: [
    { name: "c", image: "", imageID: "", ready: false, restartCount: 0, ...(state && { state }) },
  ],
});
const ended = (exitCode: number) => one({ terminated: { exitCode } });
const running = one({ running: {} });
const holding = (
  name: string,
  allocatedResourcesStatus: NonNullable<ContainerStatus["allocatedResourcesStatus"]>,
): ContainerStatus => ({
  name,
  image: "",
  imageID: "",
  ready: false,
  restartCount: 0,
  allocatedResourcesStatus,
});
const asking = pod(
  {},
  {
    containers: [
      {
        name: "c",
        resources: {
          requests: { "example.com/gpu": "1" },
          claims: [{ name: "a", request: "one" }],
        },
      },
    ],
  },
);

test.each<[string, Pod, PodStatus, string[]]>([
  [
    "runs again although it never should",
    pod(ended(0)),
    running,
    [
      "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state",
    ],
  ],
  ["runs again after a failure", pod(ended(1), { restartPolicy: "OnFailure" }), running, []],
  [
    "runs again by a rule of its own",
    pod(ended(42), {
      containers: [
        {
          name: "c",
          restartPolicy: "Never",
          restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }],
        },
      ],
    }),
    running,
    [],
  ],
  [
    "is of another class",
    pod({ qosClass: "BestEffort" }),
    { qosClass: "Guaranteed" },
    ['status.qosClass: Invalid value: "Guaranteed": field is immutable'],
  ],
  [
    "has two addresses of one family",
    pod({}),
    { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }] },
    [
      'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family',
    ],
  ],
  [
    "has an address that is none",
    pod({}),
    { podIPs: [{ ip: "10.0.0.1" }, { ip: "x" }] },
    [
      'status.podIPs[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      "status.podIPs: Internal error: failed to check for dual stack with error:invalid IP[1]: x",
      'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"x"}]: may specify no more than one IP for each IP family',
    ],
  ],
  [
    "is on two hosts",
    pod({}),
    { hostIP: "10.0.0.1", hostIPs: [{ ip: "10.0.0.2" }] },
    ['status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`'],
  ],
  [
    "is nominated once it is placed",
    pod({}, { nodeName: "n" }),
    { nominatedNodeName: "m" },
    [
      "status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node",
    ],
  ],
  [
    "has claims that it does not ask for",
    pod({}, { resourceClaims: [{ name: "a", resourceClaimName: "x" }] }),
    {
      resourceClaimStatuses: [
        { name: "a", resourceClaimName: "x" },
        { name: "b" },
        { name: "a", resourceClaimName: "x" },
      ],
    },
    [
      'status.resourceClaimStatuses[1].name: Invalid value: "b": must match the name of an entry in `spec.resourceClaims`',
      'status.resourceClaimStatuses[2].name: Duplicate value: "a"',
    ],
  ],
  [
    "has a claim for what it does not ask for",
    asking,
    {
      extendedResourceClaimStatus: {
        resourceClaimName: "",
        requestMappings: [
          { containerName: "c", resourceName: "example.com/gpu", requestName: "r" },
          { containerName: "c", resourceName: "example.com/tpu", requestName: "r" },
          { containerName: "d", resourceName: "example.com/gpu", requestName: "a.b" },
          { containerName: "c", resourceName: "example.com/gpu", requestName: "r" },
        ],
      },
    },
    [
      'status.extendedResourceClaimStatus.requestMappings[1].resourceName: Invalid value: "example.com/tpu": must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests',
      'status.extendedResourceClaimStatus.requestMappings[2].containerName: Invalid value: "d": must match the name of an entry in spec.initContainers.name or spec.containers.name',
      'status.extendedResourceClaimStatus.requestName: Invalid value: "a.b": must not contain dots',
      'status.extendedResourceClaimStatus.requestMappings[3].containerName: Duplicate value: "c"',
      'status.extendedResourceClaimStatus.requestMappings[3].resourceName: Duplicate value: "example.com/gpu"',
      'status.extendedResourceClaimStatus.requestMappings[3].requestName: Duplicate value: "r"',
      "status.extendedResourceClaimStatus.resourceClaimName: Required value",
    ],
  ],
  [
    "has a claim for nothing",
    pod({}),
    { extendedResourceClaimStatus: { resourceClaimName: "x", requestMappings: [] } },
    [
      "status.extendedResourceClaimStatus.requestMappings: Required value: at least one request mapping is required",
    ],
  ],
  [
    "has devices that it does not ask for",
    asking,
    {
      containerStatuses: [
        holding("c", [
          { name: "example.com/gpu", resources: [{ resourceID: "0", health: "Healthy" }] },
          {
            name: "example.com/tpu",
            resources: [
              { resourceID: "0", health: "Sick", message: "" },
              { resourceID: "0", health: "Unknown", message: "x".repeat(1025) },
            ],
          },
          { name: "claim:a/one" },
          { name: "claim:a" },
        ]),
        holding("gone", [{ name: "example.com/tpu" }]),
      ],
      ephemeralContainerStatuses: [holding("e", [{ name: "example.com/gpu" }])],
    },
    [
      `status.containerStatuses[0].allocatedResourcesStatus[1].name: Invalid value: "example.com/tpu": must match one of the container's resource requests`,
      'status.containerStatuses[0].allocatedResourcesStatus[1].resources[0].health: Unsupported value: "Sick": supported values: "Healthy", "Unhealthy", "Unknown"',
      "status.containerStatuses[0].allocatedResourcesStatus[1].resources[0].message: Required value: must be non-empty if specified",
      "status.containerStatuses[0].allocatedResourcesStatus[1].resources[1].message: Too long: may not be more than 1024 bytes",
      'status.containerStatuses[0].allocatedResourcesStatus[1].resources[1].resourceID: Duplicate value: "0"',
      `status.containerStatuses[0].allocatedResourcesStatus[3].name: Invalid value: "claim:a": must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty`,
      "status.ephemeralContainerStatuses[0].allocatedResourcesStatus: Forbidden: must not be specified in container status",
    ],
  ],
  [
    "has a condition of no name",
    pod({}),
    { conditions: [{ type: "a b", status: "True" }] },
    [
      expect.stringContaining(
        'status.conditions[0].Type: Invalid value: "a b": name part must consist of',
      ),
    ],
  ],
])("a pod %s", (...[, current, status, errors]) => {
  expect(said(PODS, current, { ...current, status })).toEqual(errors);
});

test("a node need not repeat what only the server says, the one address counts, and nothing of what is off", () => {
  const current = pod({ qosClass: "BestEffort", observedGeneration: 3 });
  const next = pod({
    podIP: "10.0.0.9",
    podIPs: [{ ip: "10.0.0.1" }],
    nodeAllocatableResourceClaimStatuses: [{ resourceClaimName: "c", resources: { cpu: "1" } }],
  });
  preparePodStatus(next, current);
  expect(next.status).toEqual({
    qosClass: "BestEffort",
    observedGeneration: 3,
    podIP: "10.0.0.9",
    podIPs: [{ ip: "10.0.0.9" }],
  });
});
