import { describe, expect, test } from "bun:test";
import { changed, created, lines } from "#test/kit/validate.ts";
import type { Container, Deployment, Job, Pod, PodSpec, Service } from "../object.ts";
import * as kinds from "../resources.ts";

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
      [
        "spec.containers[0].volumeMounts[0].subPath: Invalid value: \"../x\": must not contain '..'",
      ],
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
        'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
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
    expect(created(kinds.PODS, given)).toEqual(expected);
  });

  const stored = pod({ tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute" }] });

  test.each<[string, Partial<PodSpec>, string[]]>([
    ["nothing", {}, []],
    [
      "the image",
      { containers: [{ name: "c", image: "busybox:2", imagePullPolicy: "Always" }] },
      [],
    ],
    [
      "a toleration's time",
      {
        tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 }],
      },
      [],
    ],
    [
      "no toleration",
      { tolerations: [] },
      [
        "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
      ],
    ],
    [
      "a container more",
      {
        containers: [
          { name: "c", image: "busybox" },
          { name: "d", image: "i" },
        ],
      },
      ["spec.containers: Forbidden: pod updates may not add or remove containers"],
    ],
    ["a deadline", { activeDeadlineSeconds: 5 }, []],
    [
      "the class",
      { containers: [{ name: "c", image: "busybox", resources: { requests: { cpu: "1" } } }] },
      [
        'metadata: Invalid value: "": Pod QoS is immutable',
        'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\ncontainers[0].resources.requests: undefined -> {"cpu":"1"}',
      ],
    ],
  ])("may change: %s", (_, change, expected) => {
    const next = pod({ ...stored.spec, ...change });
    expect(changed(kinds.PODS, stored, next)).toEqual(expected);
  });

  test("keeps its hostname", () => {
    const [error] = changed(kinds.PODS, stored, pod({ ...stored.spec, hostname: "h" }));
    expect(error).toStartWith("spec: Forbidden: pod updates may not change fields other than");
    expect(error).toEndWith('\nhostname: undefined -> "h"');
  });
});

describe("a workload", () => {
  const template = {
    metadata: { labels: { app: "a" } },
    spec: { containers: [{ name: "c", image: "i" }] },
  };
  const selector = { matchLabels: { app: "a" } };
  const deployment = (spec: Partial<NonNullable<Deployment["spec"]>>): Deployment => ({
    metadata: { name: "d" },
    spec: { selector, template, ...spec },
  });

  test.each<[string, Deployment, string[]]>([
    ["as usual", deployment({}), []],
    [
      "empty selector",
      deployment({ selector: {} }),
      ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
    ],
    [
      "other labels",
      deployment({ selector: { matchLabels: { app: "b" } } }),
      [
        'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
      ],
    ],
    [
      "negative replicas",
      deployment({ replicas: -1 }),
      ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
    ],
    [
      "once only",
      deployment({ template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } }),
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      "no way to roll",
      deployment({
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: "0%" } },
      }),
      [
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
      ],
    ],
    [
      "percentage of what",
      deployment({ strategy: { rollingUpdate: { maxSurge: "half" } } }),
      [
        "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"half\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ],
    ],
    [
      "impatient",
      deployment({ minReadySeconds: 600 }),
      ["spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"],
    ],
    [
      "nothing",
      { metadata: { name: "d" } },
      [
        "spec.selector: Required value",
        "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
        "spec.template.spec.containers: Required value",
      ],
    ],
  ])("Deployment: %s", (_, given, expected) => {
    expect(created(kinds.DEPLOYMENTS, given)).toEqual(expected);
  });

  test("keeps its selector", () => {
    const labels = { app: "b" };
    const next = deployment({
      selector: { matchLabels: labels },
      template: { ...template, metadata: { labels } },
    });
    const expected = [
      'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
    ];
    expect(changed(kinds.DEPLOYMENTS, deployment({}), next)).toEqual(expected);
    const set = { metadata: { name: "r" } };
    const sets = [
      { ...set, spec: { selector, template } },
      {
        ...set,
        spec: {
          selector: { matchLabels: labels },
          template: { ...template, metadata: { labels } },
        },
      },
    ] as const;
    expect(changed(kinds.REPLICA_SETS, ...sets)).toEqual(expected);
    expect(changed(kinds.DEPLOYMENTS, deployment({}), deployment({ replicas: 5 }))).toEqual([]);
  });

  const job = (spec: Partial<NonNullable<Job["spec"]>>): Job => ({
    metadata: { name: "j", uid: "u" },
    spec: {
      template: { spec: { containers: [{ name: "c", image: "i" }], restartPolicy: "Never" } },
      ...spec,
    },
  });

  test.each<[string, Job, string[]]>([
    ["as usual", job({}), []],
    [
      "for ever",
      job({ template: { spec: { containers: [{ name: "c", image: "i" }] } } }),
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      "indexed without end",
      job({ completionMode: "Indexed", parallelism: 2 }),
      ["spec.completions: Required value: when completion mode is Indexed"],
    ],
    [
      "negative",
      job({ backoffLimit: -1 }),
      ["spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0"],
    ],
  ])("Job: %s", (_, given, expected) => {
    expect(created(kinds.JOBS, given)).toEqual(expected);
  });

  test("a Job keeps what it is, but may be placed elsewhere until it starts", () => {
    const stored = (spec: Partial<NonNullable<Job["spec"]>>) => {
      const object = job(spec);
      kinds.JOBS.setDefaults(object);
      kinds.JOBS.prepareForCreate?.(object);
      return object;
    };
    const moved = (object: Job): Job => {
      const copy = structuredClone(object);
      if (copy.spec?.template.spec) copy.spec.template.spec.nodeSelector = { a: "b" };
      return copy;
    };
    const running = stored({});
    expect(lines(kinds.JOBS.validateUpdate(moved(running), running))[0]).toStartWith(
      "spec.template: Invalid value: {",
    );
    const suspended = stored({ suspend: true });
    expect(kinds.JOBS.validateUpdate(moved(suspended), suspended)).toEqual([]);
    const more: Job = {
      ...running,
      ...(running.spec && { spec: { ...running.spec, completions: 3 } }),
    };
    expect(lines(kinds.JOBS.validateUpdate(more, running))).toEqual([
      "spec.completions: Invalid value: 3: field is immutable",
    ]);
  });
});

describe("a Service", () => {
  const service = (spec: Service["spec"]): Service => ({
    metadata: { name: "s" },
    ...(spec && { spec }),
  });
  const ports = [{ port: 80 }];

  test.each<[string, Service, string[]]>([
    ["as usual", service({ ports }), []],
    ["no ports", service({}), ["spec.ports: Required value"]],
    ["headless without ports", service({ clusterIP: "None" }), []],
    [
      "nameless ports",
      service({ ports: [{ port: 80 }, { port: 81 }] }),
      ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
    ],
    [
      "same name twice",
      service({
        ports: [
          { name: "a", port: 80 },
          { name: "a", port: 81 },
        ],
      }),
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [
      "same port twice",
      service({
        ports: [
          { name: "a", port: 80 },
          { name: "b", port: 80 },
        ],
      }),
      ['spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80}'],
    ],
    [
      "port out of range",
      service({ ports: [{ port: 0, targetPort: 80 }] }),
      ["spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
    ],
    [
      "unknown type",
      service({ type: "Cloud", ports }),
      [
        'spec.type: Unsupported value: "Cloud": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      "node port of a ClusterIP",
      service({ ports: [{ port: 80, nodePort: 30_000 }] }),
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      "external name missing",
      service({ type: "ExternalName" }),
      ["spec.externalName: Required value"],
    ],
    [
      "external name with address",
      service({ type: "ExternalName", externalName: "a.b", clusterIP: "10.0.0.1" }),
      ["spec.clusterIPs: Forbidden: may not be set for ExternalName services"],
    ],
    [
      "address that is none",
      service({ clusterIP: "10.0.0.300", ports }),
      [
        'spec.clusterIPs[0]: Invalid value: "10.0.0.300": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      "loopback outside",
      service({ ports, externalIPs: ["127.0.0.1"] }),
      [
        'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    ],
    [
      "endless affinity",
      service({
        ports,
        sessionAffinity: "ClientIP",
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 90_000 } },
      }),
      [
        "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400",
      ],
    ],
    [
      "bad selector",
      service({ ports, selector: { "a b": "c" } }),
      [
        "spec.selector: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
    ],
    [
      "external traffic inside",
      service({ ports, externalTrafficPolicy: "Local" }),
      [
        'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
      ],
    ],
  ])("%s", (_, given, expected) => {
    expect(created(kinds.SERVICES, given)).toEqual(expected);
  });

  test("keeps its address, also where the client does not repeat it", () => {
    const stored = service({ clusterIP: "10.43.0.9", ports });
    expect(changed(kinds.SERVICES, stored, service({ ports: [{ port: 81 }] }))).toEqual([]);
    expect(changed(kinds.SERVICES, stored, service({ clusterIP: "10.43.0.10", ports }))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.43.0.10"]: may not change once set',
    ]);
  });
});

describe("other kinds", () => {
  const metadata = { name: "x", namespace: "n" };

  test("ConfigMap", () => {
    const map = { metadata, data: { "a b": "1", both: "" }, binaryData: { both: "" } };
    expect(created(kinds.CONFIG_MAPS, map)).toEqual([
      "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      'data[both]: Invalid value: "both": duplicate of key present in binaryData',
    ]);
    const large = { metadata, data: { a: "x".repeat(1_048_577) } };
    expect(created(kinds.CONFIG_MAPS, large)).toEqual([
      "[]: Too long: may not be more than 1048576 bytes",
    ]);
    const sealed = { metadata, immutable: true, data: { a: "1" } };
    expect(changed(kinds.CONFIG_MAPS, sealed, { metadata, data: { a: "2" } })).toEqual([
      "immutable: Forbidden: field is immutable when `immutable` is set",
      "data: Forbidden: field is immutable when `immutable` is set",
    ]);
  });

  test.each([
    ["kubernetes.io/tls", {}, ["data[tls.crt]: Required value", "data[tls.key]: Required value"]],
    [
      "kubernetes.io/dockerconfigjson",
      { ".dockerconfigjson": "bm8=" },
      [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": must be a JSON object',
      ],
    ],
    [
      "kubernetes.io/basic-auth",
      {},
      ["data[username]: Required value", "data[password]: Required value"],
    ],
    ["kubernetes.io/ssh-auth", {}, ["data[ssh-privatekey]: Required value"]],
    [
      "kubernetes.io/service-account-token",
      {},
      ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
    ],
    ["Opaque", {}, []],
  ])("Secret of type %s", (type, data, expected) => {
    expect(created(kinds.SECRETS, { metadata, type, data })).toEqual(expected);
  });

  test("a Secret keeps its type", () => {
    expect(changed(kinds.SECRETS, { metadata }, { metadata, type: "x" })).toEqual([
      'type: Invalid value: "x": field is immutable',
    ]);
  });

  test("Node", () => {
    const taint = { key: "a", effect: "NoSchedule" };
    expect(
      created(kinds.NODES, {
        metadata: { name: "n" },
        spec: { taints: [taint, taint, { key: "b", effect: "x" }] },
      }),
    ).toEqual([
      'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}: taints must be unique by key and effect pair',
      'metadata.taints[2].effect: Unsupported value: "x": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ]);
    const placed = { spec: { podCIDRs: ["10.42.0.0/24"] } };
    expect(changed(kinds.NODES, placed, { spec: { podCIDRs: ["10.43.0.0/24"] } })).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ]);
    expect(created(kinds.NODES, { spec: { podCIDRs: ["10.42.0.0/33"] } })).toEqual([
      'spec.podCIDRs[0]: Invalid value: "10.42.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ]);
  });

  test("Endpoints and EndpointSlice", () => {
    expect(created(kinds.ENDPOINTS, { metadata, subsets: [{ ports: [{ port: 80 }] }] })).toEqual([
      "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
    ]);
    expect(
      created(kinds.ENDPOINTS, { metadata, subsets: [{ addresses: [{ ip: "169.254.1.1" }] }] }),
    ).toEqual([
      'subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ]);
    const slice = {
      metadata,
      addressType: "IPv4",
      endpoints: [{ addresses: [] }],
      ports: [{ name: "a" }, { name: "a" }],
    };
    expect(created(kinds.ENDPOINT_SLICES, slice)).toEqual([
      "endpoints[0].addresses: Required value: must contain at least 1 address",
      'ports[1].name: Duplicate value: "a"',
    ]);
    const other = { metadata, addressType: "IPv6", endpoints: [] };
    expect(changed(kinds.ENDPOINT_SLICES, { ...other, addressType: "IPv4" }, other)).toEqual([
      'addressType: Invalid value: "IPv6": field is immutable',
    ]);
  });

  test("Event", () => {
    const involvedObject = { kind: "Pod", name: "p", namespace: "other" };
    expect(created(kinds.EVENTS, { metadata, involvedObject })).toEqual([
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ]);
    const node = {
      metadata: { ...metadata, namespace: "default" },
      involvedObject: { kind: "Node", name: "n" },
    };
    expect(created(kinds.EVENTS, node)).toEqual([]);
    expect(created(kinds.EVENTS, { ...node, eventTime: "2024-01-01T00:00:00.000000Z" })).toEqual([
      "reportingController: Required value",
      'reportingController: Invalid value: "": name part must be non-empty',
      `reportingController: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      "reportingInstance: Required value",
      "action: Required value",
      "reason: Required value",
    ]);
  });

  test("Lease, Namespace, and bodies of subresources", () => {
    const lease = { metadata, spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } };
    expect(created(kinds.LEASES, lease)).toEqual([
      "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
      "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    ]);
    expect(
      created(kinds.NAMESPACES, { metadata: { name: "n" }, spec: { finalizers: ["mine"] } }),
    ).toEqual([
      'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ]);
  });
});
