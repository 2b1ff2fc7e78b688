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

test("a node need not repeat what only the server says, and the one address counts", () => {
  const current = pod({ qosClass: "BestEffort", observedGeneration: 3 });
  const next = pod({ podIP: "10.0.0.9", podIPs: [{ ip: "10.0.0.1" }] });
  preparePodStatus(next, current);
  expect(next.status).toEqual({
    qosClass: "BestEffort",
    observedGeneration: 3,
    podIP: "10.0.0.9",
    podIPs: [{ ip: "10.0.0.9" }],
  });
});
