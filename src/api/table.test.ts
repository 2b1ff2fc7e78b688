import { describe, expect, test } from "bun:test";
import type { Resource } from "./resource.ts";
import * as kinds from "./resources.ts";
import { columnsOf, tableOf } from "./table.ts";

const now = new Date("2024-01-01T01:00:00Z");

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
    ComponentStatus: "Name | Status | Message | Error",
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
