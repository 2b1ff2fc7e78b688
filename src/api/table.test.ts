import { describe, expect, test } from "bun:test";
import type { ContainerStatus, KubeObject, Pod, Service } from "./object.ts";
import type { Resource } from "./resource.ts";
import * as kinds from "./resources.ts";
import { columnsOf, tableOf } from "./table.ts";

const now = new Date("2024-01-01T01:00:00Z");
const creationTimestamp = "2024-01-01T00:55:00Z";

const isListed = ({ verbs }: Resource): boolean => verbs.includes("list");

test("every kind has the columns of kubectl get, in their order", () => {
  const titles = Object.fromEntries(
    kinds.RESOURCES.filter(isListed).map((kind: Resource) => [
      kind.kind,
      columnsOf(kind)
        .map(({ name, priority }) => (priority === 1 ? `${name}*` : name))
        .join(" | "),
    ]),
  );
  expect(titles).toEqual({
    Namespace: "Name | Status | Age",
    Node: "Name | Status | Roles | Age | Version | Internal-IP* | External-IP* | OS-Image* | Kernel-Version* | Container-Runtime*",
    Pod: "Name | Ready | Status | Restarts | Age | IP* | Node* | Nominated Node* | Readiness Gates*",
    Service: "Name | Type | Cluster-IP | External-IP | Port(s) | Age | Selector*",
    Endpoints: "Name | Endpoints | Age",
    EndpointSlice: "Name | AddressType | Ports | Endpoints | Age",
    ConfigMap: "Name | Data | Age",
    Secret: "Name | Type | Data | Age",
    ServiceAccount: "Name | Age",
    Event:
      "Last Seen | Type | Reason | Object | Subobject* | Source* | Message | First Seen* | Count* | Name*",
    Lease: "Name | Holder | Age",
    Deployment: "Name | Ready | Up-to-date | Available | Age | Containers* | Images* | Selector*",
    ReplicaSet: "Name | Desired | Current | Ready | Age | Containers* | Images* | Selector*",
    Job: "Name | Status | Completions | Duration | Age | Containers* | Images* | Selector*",
    StatefulSet: "Name | Ready | Age | Containers* | Images*",
    DaemonSet:
      "Name | Desired | Current | Ready | Up-to-date | Available | Node Selector | Age | Containers* | Images* | Selector*",
    ControllerRevision: "Name | Controller | Revision | Age",
    CronJob:
      "Name | Schedule | Timezone | Suspend | Active | Last Schedule | Age | Containers* | Images* | Selector*",
    ReplicationController:
      "Name | Desired | Current | Ready | Age | Containers* | Images* | Selector*",
    PodTemplate: "Name | Containers | Images | Pod Labels",
    PersistentVolume:
      "Name | Capacity | Access Modes | Reclaim Policy | Status | Claim | StorageClass | VolumeAttributesClass | Reason | Age | VolumeMode*",
    PersistentVolumeClaim:
      "Name | Status | Volume | Capacity | Access Modes | StorageClass | VolumeAttributesClass | Age | VolumeMode*",
    LimitRange: "Name | Created At",
    ResourceQuota: "Name | Request | Limit | Age",
    HorizontalPodAutoscaler: "Name | Reference | Targets | MinPods | MaxPods | Replicas | Age",
    PodDisruptionBudget: "Name | Min Available | Max Unavailable | Allowed Disruptions | Age",
    Ingress: "Name | Class | Hosts | Address | Ports | Age",
    IngressClass: "Name | Controller | Parameters | Age",
    NetworkPolicy: "Name | Pod-Selector | Age",
    ServiceCIDR: "Name | CIDRs | Age",
    IPAddress: "Name | ParentRef",
    Role: "Name | Created At",
    ClusterRole: "Name | Created At",
    RoleBinding: "Name | Role | Age | Users* | Groups* | ServiceAccounts*",
    ClusterRoleBinding: "Name | Role | Age | Users* | Groups* | ServiceAccounts*",
    StorageClass:
      "Name | Provisioner | ReclaimPolicy | VolumeBindingMode | AllowVolumeExpansion | Age",
    VolumeAttachment: "Name | Attacher | PV | Node | Attached | Age",
    CSIDriver:
      "Name | AttachRequired | PodInfoOnMount | StorageCapacity | TokenRequests | RequiresRepublish | Modes | Age",
    CSINode: "Name | Drivers | Age",
    CSIStorageCapacity: "Name | StorageClassName | Capacity",
    VolumeAttributesClass: "Name | DriverName | Age",
    PriorityClass: "Name | Value | Global-Default | Age | PreemptionPolicy",
    RuntimeClass: "Name | Handler | Age",
    CertificateSigningRequest:
      "Name | Age | SignerName | Requestor | RequestedDuration | Condition",
    MutatingWebhookConfiguration: "Name | Webhooks | Age",
    ValidatingWebhookConfiguration: "Name | Webhooks | Age",
    ValidatingAdmissionPolicy: "Name | Validations | ParamKind | Age",
    MutatingAdmissionPolicy: "Name | Mutations | ParamKind | Age",
    ValidatingAdmissionPolicyBinding: "Name | PolicyName | ParamRef | Age",
    MutatingAdmissionPolicyBinding: "Name | PolicyName | ParamRef | Age",
    FlowSchema: "Name | PriorityLevel | MatchingPrecedence | DistinguisherMethod | Age | MissingPL",
    PriorityLevelConfiguration:
      "Name | Type | NominalConcurrencyShares | Queues | HandSize | QueueLengthLimit | Age",
    APIService: "Name | Service | Available | Age",
    CustomResourceDefinition: "Name | Created At",
  });
});

function cells<T extends KubeObject>(kind: Resource<T>, object: T) {
  const table = tableOf(kind, [object], { version: "v1", includeObject: "None", now });
  return table.rows[0]?.cells;
}

describe("a pod's status", () => {
  const running: ContainerStatus["state"] = { running: { startedAt: creationTimestamp } };
  const base = { image: "", imageID: "", restartCount: 0 };
  const up = (name: string): ContainerStatus => ({ ...base, name, ready: true, state: running });
  const waiting = (name: string, reason: string): ContainerStatus => ({
    ...base,
    name,
    ready: false,
    state: { waiting: { reason } },
  });
  const ended = (name: string, exitCode: number, more = {}): ContainerStatus => ({
    ...base,
    name,
    ready: false,
    state: { terminated: { exitCode, ...more } },
  });
  const one = { containers: [{ name: "a" }] };
  const two = { containers: [{ name: "a" }, { name: "b" }] };
  const init = { ...one, initContainers: [{ name: "i" }, { name: "j" }] };
  const sidecar = { ...one, initContainers: [{ name: "s", restartPolicy: "Always" }] };
  const pod = (spec: Pod["spec"], status: Pod["status"], metadata = {}): Pod => ({
    metadata: { name: "p", creationTimestamp, ...metadata },
    ...(spec && { spec }),
    ...(status && { status }),
  });
  const deleted = { deletionTimestamp: creationTimestamp };
  const restarted = (status: ContainerStatus): ContainerStatus => ({
    ...status,
    restartCount: 3,
    lastState: { terminated: { exitCode: 1, finishedAt: "2024-01-01T00:55:00Z" } },
  });

  test.each<[string, Pod, string, string, string]>([
    ["new", pod(one, { phase: "Pending" }), "0/1", "Pending", "0"],
    [
      "creating",
      pod(one, { phase: "Pending", containerStatuses: [waiting("a", "ContainerCreating")] }),
      "0/1",
      "ContainerCreating",
      "0",
    ],
    [
      "running",
      pod(one, { phase: "Running", containerStatuses: [up("a")] }),
      "1/1",
      "Running",
      "0",
    ],
    [
      "restarted",
      pod(one, { phase: "Running", containerStatuses: [restarted(up("a"))] }),
      "1/1",
      "Running",
      "3 (5m ago)",
    ],
    [
      "crashing",
      pod(two, {
        phase: "Running",
        containerStatuses: [restarted(waiting("a", "CrashLoopBackOff")), up("b")],
      }),
      "1/2",
      "CrashLoopBackOff",
      "3 (5m ago)",
    ],
    [
      "done",
      pod(one, { phase: "Succeeded", containerStatuses: [ended("a", 0, { reason: "Completed" })] }),
      "0/1",
      "Completed",
      "0",
    ],
    [
      "failed by code",
      pod(one, { phase: "Failed", containerStatuses: [ended("a", 3)] }),
      "0/1",
      "ExitCode:3",
      "0",
    ],
    [
      "failed by signal",
      pod(one, { phase: "Failed", containerStatuses: [ended("a", 137, { signal: 9 })] }),
      "0/1",
      "Signal:9",
      "0",
    ],
    ["evicted", pod(one, { phase: "Failed", reason: "Evicted" }), "0/1", "Evicted", "0"],
    [
      "gated",
      pod(one, {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
      }),
      "0/1",
      "SchedulingGated",
      "0",
    ],
    [
      "initializing",
      pod(init, { phase: "Pending", initContainerStatuses: [ended("i", 0), up("j")] }),
      "0/1",
      "Init:1/2",
      "0",
    ],
    [
      "waiting for init",
      pod(init, {
        phase: "Pending",
        initContainerStatuses: [waiting("i", "PodInitializing"), waiting("j", "PodInitializing")],
      }),
      "0/1",
      "Init:0/2",
      "0",
    ],
    [
      "init crashing",
      pod(init, {
        phase: "Pending",
        initContainerStatuses: [restarted(waiting("i", "CrashLoopBackOff"))],
      }),
      "0/1",
      "Init:CrashLoopBackOff",
      "3 (5m ago)",
    ],
    [
      "init failed",
      pod(init, { phase: "Pending", initContainerStatuses: [ended("i", 2)] }),
      "0/1",
      "Init:ExitCode:2",
      "0",
    ],
    [
      "init killed",
      pod(init, { phase: "Pending", initContainerStatuses: [ended("i", 2, { signal: 9 })] }),
      "0/1",
      "Init:Signal:9",
      "0",
    ],
    [
      "after init",
      pod(init, {
        phase: "Pending",
        initContainerStatuses: [ended("i", 0), ended("j", 0)],
        containerStatuses: [waiting("a", "PodInitializing")],
      }),
      "0/1",
      "PodInitializing",
      "0",
    ],
    [
      "with a sidecar",
      pod(sidecar, {
        phase: "Running",
        initContainerStatuses: [restarted({ ...up("s"), started: true })],
        containerStatuses: [up("a")],
      }),
      "2/2",
      "Running",
      "3 (5m ago)",
    ],
    [
      "sidecar starting",
      pod(sidecar, { phase: "Pending", initContainerStatuses: [up("s")] }),
      "0/2",
      "Init:0/1",
      "0",
    ],
    [
      "partly done",
      pod(two, {
        phase: "Running",
        containerStatuses: [ended("a", 0, { reason: "Completed" }), up("b")],
      }),
      "1/2",
      "NotReady",
      "0",
    ],
    [
      "partly done and ready",
      pod(two, {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
        containerStatuses: [ended("a", 0, { reason: "Completed" }), up("b")],
      }),
      "1/2",
      "Running",
      "0",
    ],
    [
      "terminating",
      pod(one, { phase: "Running", containerStatuses: [up("a")] }, deleted),
      "1/1",
      "Terminating",
      "0",
    ],
    ["lost", pod(one, { phase: "Running", reason: "NodeLost" }, deleted), "0/1", "Unknown", "0"],
    [
      "deleted when done",
      pod(
        one,
        { phase: "Succeeded", containerStatuses: [ended("a", 0, { reason: "Completed" })] },
        deleted,
      ),
      "0/1",
      "Completed",
      "0",
    ],
  ])("%s", (...[, object, ready, status, restarts]) => {
    expect(cells(kinds.PODS, object)?.slice(1, 5)).toEqual([ready, status, restarts, "5m"]);
  });

  test("readiness gates and places are for wide output", () => {
    const object = pod(
      {
        ...one,
        nodeName: "edge",
        readinessGates: [{ conditionType: "x" }, { conditionType: "y" }],
      },
      { podIP: "10.42.0.3", conditions: [{ type: "x", status: "True" }] },
    );
    expect(cells(kinds.PODS, object)?.slice(5)).toEqual(["10.42.0.3", "edge", "<none>", "1/2"]);
  });

  test("a finished pod's row says so", () => {
    const options = { version: "v1", includeObject: "None", now } as const;
    const { rows } = tableOf(kinds.PODS, [pod(one, { phase: "Succeeded" })], options);
    expect(rows[0]?.conditions).toEqual([
      {
        type: "Completed",
        status: "True",
        reason: "Succeeded",
        message: "The pod has completed successfully.",
      },
    ]);
  });
});

describe("cells", () => {
  const metadata = { name: "x", creationTimestamp };

  test.each<[string, Service["spec"], readonly string[]]>([
    [
      "ClusterIP",
      {
        type: "ClusterIP",
        clusterIP: "10.43.0.1",
        ports: [
          { port: 80, protocol: "TCP" },
          { port: 443, nodePort: 30_443, protocol: "TCP" },
        ],
        selector: { b: "2", a: "1" },
      },
      ["ClusterIP", "10.43.0.1", "<none>", "80/TCP,443:30443/TCP", "5m", "a=1,b=2"],
    ],
    [
      "headless",
      { type: "ClusterIP", clusterIP: "None" },
      ["ClusterIP", "None", "<none>", "<none>", "5m", "<none>"],
    ],
    [
      "ExternalName",
      { type: "ExternalName", externalName: "example.com" },
      ["ExternalName", "<none>", "example.com", "<none>", "5m", "<none>"],
    ],
    [
      "LoadBalancer",
      { type: "LoadBalancer", clusterIP: "10.43.0.2" },
      ["LoadBalancer", "10.43.0.2", "<pending>", "<none>", "5m", "<none>"],
    ],
  ])("Service %s", (_, spec, expected) => {
    expect(cells(kinds.SERVICES, { metadata, ...(spec && { spec }) })).toEqual(["x", ...expected]);
  });

  test("Endpoints show three and count the rest", () => {
    const addresses = ["10.0.0.1", "10.0.0.2", "fd00::3"].map((ip) => ({ ip }));
    const ports = [{ port: 80 }, { port: 443 }];
    expect(cells(kinds.ENDPOINTS, { metadata, subsets: [{ addresses, ports }] })?.[1]).toBe(
      "10.0.0.1:80,10.0.0.2:80,[fd00::3]:80 + 3 more...",
    );
    expect(cells(kinds.ENDPOINTS, { metadata, subsets: [{ addresses }] })?.[1]).toBe(
      "10.0.0.1,10.0.0.2,fd00::3",
    );
    expect(cells(kinds.ENDPOINTS, { metadata })?.[1]).toBe("<none>");
  });

  test("EndpointSlice", () => {
    const slice = {
      metadata,
      addressType: "IPv4",
      ports: [{ port: 80 }],
      endpoints: ["a", "b", "c", "d"].map((address) => ({ addresses: [address] })),
    };
    expect(cells(kinds.ENDPOINT_SLICES, slice)).toEqual([
      "x",
      "IPv4",
      "80",
      "a,b,c + 1 more...",
      "5m",
    ]);
    const empty = { metadata, addressType: "IPv4", endpoints: [] };
    expect(cells(kinds.ENDPOINT_SLICES, empty)).toEqual(["x", "IPv4", "<unset>", "<unset>", "5m"]);
  });

  test("Node", () => {
    const node = {
      metadata: {
        ...metadata,
        labels: {
          "node-role.kubernetes.io/edge": "",
          "node-role.kubernetes.io/control-plane": "",
          "kubernetes.io/role": "agent",
        },
      },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: "Ready", status: "True" }],
        addresses: [{ type: "InternalIP", address: "10.42.0.1" }],
      },
    };
    expect(cells(kinds.NODES, node)).toEqual([
      "x",
      "Ready,SchedulingDisabled",
      "agent,control-plane,edge",
      "5m",
      "",
      "10.42.0.1",
      "<none>",
      "<unknown>",
      "<unknown>",
      "<unknown>",
    ]);
    expect(cells(kinds.NODES, { metadata })?.slice(1, 3)).toEqual(["Unknown", "<none>"]);
  });

  test("workloads", () => {
    const template = {
      spec: {
        containers: [
          { name: "a", image: "i:1" },
          { name: "b", image: "j" },
        ],
      },
    };
    const selector = { matchLabels: { app: "x" } };
    const wide = ["a,b", "i:1,j", "app=x"];
    const status = { replicas: 3, readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 };
    const deployment = { metadata, spec: { replicas: 3, selector, template }, status };
    expect(cells(kinds.DEPLOYMENTS, deployment)).toEqual(["x", "2/3", 1, 2, "5m", ...wide]);
    const replicaSet = { metadata, spec: { replicas: 3, selector, template }, status };
    expect(cells(kinds.REPLICA_SETS, replicaSet)).toEqual(["x", 3, 3, 2, "5m", ...wide]);
    const job = {
      metadata,
      spec: { completions: 2, selector, template },
      status: {
        succeeded: 2,
        startTime: "2024-01-01T00:55:00Z",
        completionTime: "2024-01-01T00:55:42Z",
        conditions: [{ type: "Complete", status: "True" }],
      },
    };
    expect(cells(kinds.JOBS, job)).toEqual(["x", "Complete", "2/2", "42s", "5m", ...wide]);
    const parallel = { metadata, spec: { parallelism: 3, template }, status: {} };
    expect(cells(kinds.JOBS, parallel)?.slice(1, 4)).toEqual(["Running", "0/1 of 3", ""]);
  });

  test("Event, whose name is the last column", () => {
    const event = {
      metadata: { ...metadata, namespace: "shop" },
      involvedObject: { kind: "Pod", name: "web", fieldPath: "spec.containers{c}" },
      type: "Warning",
      reason: "BackOff",
      message: "Back-off restarting \n",
      source: { component: "kubelet", host: "edge" },
      firstTimestamp: "2024-01-01T00:30:00Z",
      lastTimestamp: "2024-01-01T00:59:00Z",
      count: 7,
    };
    expect(cells(kinds.EVENTS, event)).toEqual([
      "60s",
      "Warning",
      "BackOff",
      "pod/web",
      "spec.containers{c}",
      "kubelet, edge",
      "Back-off restarting",
      "30m",
      7,
      "x",
    ]);
  });

  test("small kinds", () => {
    const phase = { metadata, status: { phase: "Active" } };
    expect(cells(kinds.NAMESPACES, phase)).toEqual(["x", "Active", "5m"]);
    const map = { metadata, data: { a: "1" }, binaryData: { b: "Mg==" } };
    expect(cells(kinds.CONFIG_MAPS, map)).toEqual(["x", 2, "5m"]);
    const secret = { metadata, type: "Opaque", data: { a: "MQ==" } };
    expect(cells(kinds.SECRETS, secret)).toEqual(["x", "Opaque", 1, "5m"]);
    expect(cells(kinds.SERVICE_ACCOUNTS, { metadata })).toEqual(["x", "5m"]);
    expect(cells(kinds.LEASES, { metadata, spec: { holderIdentity: "me" } })).toEqual([
      "x",
      "me",
      "5m",
    ]);
    expect(cells(kinds.SERVICE_ACCOUNTS, { metadata: { name: "x" } })).toEqual(["x", "<unknown>"]);
  });
});

describe("a table", () => {
  const object = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "x", resourceVersion: "7" },
    secrets: [{ name: "s" }],
  };
  const options = { version: "v1", includeObject: "Metadata", now } as const;

  test("describes its columns and carries metadata", () => {
    const table = tableOf(kinds.SERVICE_ACCOUNTS, [object], options);
    expect(table).toMatchObject({
      kind: "Table",
      apiVersion: "meta.k8s.io/v1",
      metadata: { resourceVersion: "7" },
      rows: [
        {
          cells: ["x", "<unknown>"],
          object: {
            kind: "PartialObjectMetadata",
            apiVersion: "meta.k8s.io/v1",
            metadata: object.metadata,
          },
        },
      ],
    });
    expect(table.columnDefinitions?.[0]).toMatchObject({
      name: "Name",
      type: "string",
      format: "name",
      priority: 0,
    });
  });

  test("carries whole objects, or none, in the version that was asked for", () => {
    const whole = tableOf(kinds.SERVICE_ACCOUNTS, [object], {
      ...options,
      includeObject: "Object",
    });
    expect(whole.rows[0]?.object).toBe(object);
    const none = tableOf(kinds.SERVICE_ACCOUNTS, [object], {
      version: "v1beta1",
      includeObject: "None",
      now,
      metadata: { resourceVersion: "9", continue: "more" },
      withColumns: false,
    });
    expect(none).toEqual({
      kind: "Table",
      apiVersion: "meta.k8s.io/v1beta1",
      metadata: { resourceVersion: "9", continue: "more" },
      columnDefinitions: null,
      rows: [{ cells: ["x", "<unknown>"], object: null }],
    });
  });
});
