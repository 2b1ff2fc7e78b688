import { describe, expect, test } from "bun:test";
import { created } from "#test/kit/validate.ts";
import type { Container, Pod, PodSpec } from "../object.ts";
import { PODS } from "../resources/core-pods.ts";

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

describe("a new pod", () => {
  const pod = (spec: Partial<PodSpec>): Pod => ({
    metadata: { name: "p" },
    spec: { containers: [{ name: "c", image: "busybox" }], ...spec },
  });
  const container = (given: Partial<Container>) =>
    pod({ containers: [{ name: "c", image: "busybox", ...given }] });

  test.each<[string, Pod, string[]]>([
    ["minimal", pod({}), []],
    ["no spec", { metadata: { name: "p" } }, ["spec.containers: Required value"]],
    ["no container", pod({ containers: [] }), ["spec.containers: Required value"]],
    [
      "no image",
      pod({ containers: [{ name: "c" }] }),
      ["spec.containers[0].image: Required value"],
    ],
    [
      "image with space",
      container({ image: " busybox" }),
      [
        'spec.containers[0].image: Invalid value: " busybox": must not have leading or trailing whitespace',
      ],
    ],
    [
      "bad container name",
      pod({ containers: [{ name: "C", image: "i" }] }),
      [`spec.containers[0].name: Invalid value: "C": ${LABEL}`],
    ],
    [
      "same name twice",
      pod({
        containers: [
          { name: "c", image: "i" },
          { name: "c", image: "i" },
        ],
      }),
      ['spec.containers[1].name: Duplicate value: "c"'],
    ],
    [
      "same name as init",
      pod({ initContainers: [{ name: "c", image: "i" }] }),
      ['spec.initContainers[0].name: Duplicate value: "c"'],
    ],
    [
      "bad restart policy",
      pod({ restartPolicy: "Sometimes" }),
      [
        'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
      ],
    ],
    [
      "bad DNS policy",
      pod({ dnsPolicy: "x" }),
      [
        'spec.dnsPolicy: Unsupported value: "x": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
      ],
    ],
    [
      "DNS policy None alone",
      pod({ dnsPolicy: "None" }),
      ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
    ],
    [
      "bad pull policy",
      container({ imagePullPolicy: "Never ever" }),
      [
        'spec.containers[0].imagePullPolicy: Unsupported value: "Never ever": supported values: "Always", "IfNotPresent", "Never"',
      ],
    ],
    [
      "no port number",
      container({ ports: [{ containerPort: 0 }] }),
      ["spec.containers[0].ports[0].containerPort: Required value"],
    ],
    [
      "port too large",
      container({ ports: [{ containerPort: 70_000 }] }),
      [
        "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
      ],
    ],
    [
      "bad protocol",
      container({ ports: [{ containerPort: 80, protocol: "ICMP" }] }),
      [
        'spec.containers[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      ],
    ],
    [
      "host port twice",
      container({
        ports: [
          { containerPort: 80, hostPort: 80 },
          { containerPort: 81, hostPort: 80 },
        ],
      }),
      ['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"'],
    ],
    [
      "another host port on the host network",
      pod({
        hostNetwork: true,
        containers: [{ name: "c", image: "i", ports: [{ containerPort: 80, hostPort: 81 }] }],
      }),
      [
        "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true",
      ],
    ],
    [
      "env without name",
      container({ env: [{ name: "", value: "x" }] }),
      ["spec.containers[0].env[0].name: Required value"],
    ],
    [
      "env with two sources",
      container({
        env: [
          {
            name: "A",
            valueFrom: {
              fieldRef: { fieldPath: "metadata.name" },
              secretKeyRef: { name: "s", key: "k" },
            },
          },
        ],
      }),
      [
        'spec.containers[0].env[0].valueFrom: Invalid value: "": may not have more than one field specified at a time',
      ],
    ],
    [
      "env with value and source",
      container({
        env: [{ name: "A", value: "x", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
      }),
      [
        'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
      ],
    ],
    [
      "env of an unknown field",
      container({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "status.phase" } } }] }),
      [
        'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
      ],
    ],
    [
      "env of a label",
      container({
        env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }],
      }),
      [],
    ],
    [
      "envFrom without source",
      container({ envFrom: [{}] }),
      [
        'spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
      ],
    ],
    [
      "mount without volume",
      container({ volumeMounts: [{ name: "v", mountPath: "/v" }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    ],
    [
      "two mounts at one path",
      pod({
        volumes: [{ name: "v" }],
        containers: [
          {
            name: "c",
            image: "i",
            volumeMounts: [
              { name: "v", mountPath: "/v" },
              { name: "v", mountPath: "/v" },
            ],
          },
        ],
      }),
      ['spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique'],
    ],
    [
      "subPath that climbs",
      pod({
        volumes: [{ name: "v" }],
        containers: [
          {
            name: "c",
            image: "i",
            volumeMounts: [{ name: "v", mountPath: "/v", subPath: "../x" }],
          },
        ],
      }),
      ["spec.containers[0].volumeMounts.subPath: Invalid value: \"../x\": must not contain '..'"],
    ],
    [
      "volume with two sources",
      pod({ volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/x" } }] }),
      ["spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"],
    ],
    [
      "volume twice",
      pod({ volumes: [{ name: "v" }, { name: "v" }] }),
      ['spec.volumes[1].name: Duplicate value: "v"'],
    ],
    [
      "volume of nothing",
      pod({ volumes: [{ name: "v", secret: {} }] }),
      ["spec.volumes[0].secret.secretName: Required value"],
    ],
    [
      "mode out of range",
      pod({ volumes: [{ name: "v", configMap: { name: "m", defaultMode: 512 } }] }),
      [
        "spec.volumes[0].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive",
      ],
    ],
    [
      "request above limit",
      container({ resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }),
      [
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      ],
    ],
    [
      "malformed quantity",
      container({ resources: { requests: { cpu: "lots" } } }),
      [
        "spec.containers[0].resources.requests[cpu]: Invalid value: \"lots\": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      ],
    ],
    [
      "negative quantity",
      container({ resources: { requests: { cpu: "-1" } } }),
      [
        'spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      ],
    ],
    [
      "unknown resource",
      container({ resources: { requests: { disk: "1" } } }),
      [
        'spec.containers[0].resources.requests[disk]: Invalid value: "disk": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.requests[disk]: Invalid value: "disk": must be a standard resource for containers',
      ],
    ],
    [
      "extended resource unequal",
      container({ resources: { requests: { "x.io/gpu": "1" }, limits: { "x.io/gpu": "2" } } }),
      [
        'spec.containers[0].resources.requests: Invalid value: "1": must be equal to x.io/gpu limit of 2',
      ],
    ],
    [
      "probe without handler",
      container({ livenessProbe: { periodSeconds: 5 } }),
      ["spec.containers[0].livenessProbe: Required value: must specify a handler type"],
    ],
    [
      "probe with two handlers",
      container({ livenessProbe: { exec: { command: ["x"] }, tcpSocket: { port: 80 } } }),
      [
        "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
      ],
    ],
    [
      "liveness that counts to two",
      container({ livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 } }),
      ["spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"],
    ],
    [
      "readiness that counts to two",
      container({ readinessProbe: { tcpSocket: { port: "web" }, successThreshold: 2 } }),
      [],
    ],
    [
      "negative probe delay",
      container({ readinessProbe: { tcpSocket: { port: 80 }, initialDelaySeconds: -1 } }),
      [
        "spec.containers[0].readinessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0",
      ],
    ],
    [
      "init container with probe",
      pod({
        initContainers: [{ name: "i", image: "i", readinessProbe: { tcpSocket: { port: 80 } } }],
      }),
      [
        "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
      ],
    ],
    [
      "sidecar with probe",
      pod({
        initContainers: [
          {
            name: "i",
            image: "i",
            restartPolicy: "Always",
            readinessProbe: { tcpSocket: { port: 80 } },
          },
        ],
      }),
      [],
    ],
    [
      "ephemeral container",
      pod({ ephemeralContainers: [{ name: "e", image: "i" }] }),
      ["spec.ephemeralContainers: Forbidden: cannot be set on create"],
    ],
    [
      "deadline of nothing",
      pod({ activeDeadlineSeconds: 0 }),
      ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
    ],
    [
      "a toleration of a value that may be any",
      pod({ tolerations: [{ key: "a", operator: "Exists", value: "x" }] }),
      [
        'spec.tolerations[0].operator: Invalid value: {"Key":"a","Operator":"Exists","Value":"x","Effect":"","TolerationSeconds":null}: value must be empty when `operator` is \'Exists\'',
      ],
    ],
    [
      "toleration without key",
      pod({ tolerations: [{ value: "x" }] }),
      [
        'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      "toleration for a time without effect",
      pod({ tolerations: [{ key: "a", tolerationSeconds: 1 }] }),
      [
        "spec.tolerations[0].effect: Invalid value: \"\": effect must be 'NoExecute' when `tolerationSeconds` is set",
      ],
    ],
    [
      "affinity without terms",
      pod({
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
          },
        },
      }),
      [
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term",
      ],
    ],
    [
      "privileged without escalation",
      container({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
      [
        'spec.containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ],
    ],
    [
      "user below nobody",
      pod({ securityContext: { runAsUser: -1 } }),
      [
        "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
      ],
    ],
    [
      "placed although gated",
      pod({ nodeName: "n", schedulingGates: [{ name: "x.io/y" }] }),
      ["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"],
    ],
  ])("with %s", (_, given, expected) => {
    expect(created(PODS, given)).toEqual(expected);
  });
});
