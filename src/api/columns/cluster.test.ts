import { describe, expect, test } from "bun:test";
import type { KubeObject } from "../object.ts";
import type { Resource } from "../resource.ts";
import * as admission from "../resources/admissionregistration.ts";
import { API_SERVICES } from "../resources/apiregistration.ts";
import { CERTIFICATE_SIGNING_REQUESTS } from "../resources/certificates.ts";
import { COMPONENT_STATUSES } from "../resources/core-components.ts";
import { FLOW_SCHEMAS, PRIORITY_LEVEL_CONFIGURATIONS } from "../resources/flowcontrol.ts";
import * as networking from "../resources/networking.ts";
import { RUNTIME_CLASSES } from "../resources/node.ts";
import * as rbac from "../resources/rbac.ts";
import { PRIORITY_CLASSES } from "../resources/scheduling.ts";
import * as storage from "../resources/storage.ts";
import { columnDefinitionsOf, tableOf } from "../table.ts";

const now = new Date("2024-01-01T01:00:00Z");
const creationTimestamp = "2024-01-01T00:55:00Z";
const metadata = { name: "x", creationTimestamp };

const cells = <T extends KubeObject>(kind: Resource<T>, given: object) =>
  tableOf(kind, [{ metadata, ...given } as T], {
    version: "v1",
    includeObject: "None",
    now,
  }).rows[0]?.cells;

const AGE = "5m";

describe("the cells of", () => {
  const rule = (host?: string) => ({ ...(host && { host }) });

  const rows: [string, Resource, object, (string | number | boolean)[]][] = [
    ["an Ingress for all", networking.INGRESSES, {}, ["x", "<none>", "*", "", "80", AGE]],
    [
      "an Ingress with many hosts",
      networking.INGRESSES,
      {
        spec: {
          ingressClassName: "nginx",
          rules: [rule("a"), rule("b"), rule("c"), rule("d"), rule()],
          tls: [{}],
        },
        status: { loadBalancer: { ingress: [{ ip: "10.0.0.2" }, { hostname: "a.example" }] } },
      },
      ["x", "nginx", "a,b,c + 2 more...", "10.0.0.2,a.example", "80, 443", AGE],
    ],
    [
      "an IngressClass",
      networking.INGRESS_CLASSES,
      { spec: { controller: "a.b/c", parameters: { apiGroup: "g", kind: "K", name: "p" } } },
      ["x", "a.b/c", "K.g/p", AGE],
    ],
    [
      "the IngressClass for who asks for none",
      networking.INGRESS_CLASSES,
      {
        metadata: {
          ...metadata,
          annotations: { "ingressclass.kubernetes.io/is-default-class": "true" },
        },
        spec: { controller: "a.b/c" },
      },
      ["x (default)", "a.b/c", "<none>", AGE],
    ],
    [
      "a NetworkPolicy",
      networking.NETWORK_POLICIES,
      { spec: { podSelector: { matchLabels: { app: "web" } } } },
      ["x", "app=web", AGE],
    ],
    [
      "a NetworkPolicy for all pods",
      networking.NETWORK_POLICIES,
      { spec: { podSelector: {} } },
      ["x", "<none>", AGE],
    ],
    [
      "a ServiceCIDR",
      networking.SERVICE_CIDRS,
      { spec: { cidrs: ["10.0.0.0/16", "2001:db8::/64"] } },
      ["x", "10.0.0.0/16,2001:db8::/64", AGE],
    ],
    [
      "an IPAddress",
      networking.IP_ADDRESSES,
      { spec: { parentRef: { resource: "services", namespace: "default", name: "kubernetes" } } },
      ["x", "services/default/kubernetes"],
    ],
    ["a Role", rbac.ROLES, {}, ["x", creationTimestamp]],
    [
      "a RoleBinding",
      rbac.ROLE_BINDINGS,
      {
        roleRef: { kind: "Role", name: "r" },
        subjects: [
          { kind: "User", name: "a" },
          { kind: "User", name: "b" },
          { kind: "Group", name: "g" },
          { kind: "ServiceAccount", namespace: "n", name: "s" },
        ],
      },
      ["x", "Role/r", AGE, "a, b", "g", "n/s"],
    ],
    [
      "the StorageClass for who asks for none",
      storage.STORAGE_CLASSES,
      {
        metadata: {
          ...metadata,
          annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
        },
        provisioner: "p",
        reclaimPolicy: "Retain",
        volumeBindingMode: "WaitForFirstConsumer",
        allowVolumeExpansion: true,
      },
      ["x (default)", "p", "Retain", "WaitForFirstConsumer", true, AGE],
    ],
    [
      "a plain StorageClass",
      storage.STORAGE_CLASSES,
      { provisioner: "p" },
      ["x", "p", "Delete", "Immediate", false, AGE],
    ],
    [
      "a VolumeAttributesClass",
      storage.VOLUME_ATTRIBUTES_CLASSES,
      { driverName: "d" },
      ["x", "d", AGE],
    ],
    [
      "a VolumeAttachment",
      storage.VOLUME_ATTACHMENTS,
      {
        spec: { attacher: "d", source: { persistentVolumeName: "pv" }, nodeName: "n" },
        status: { attached: true },
      },
      ["x", "d", "pv", "n", true, AGE],
    ],
    [
      "a CSIDriver",
      storage.CSI_DRIVERS,
      { spec: { tokenRequests: [{ audience: "a" }, { audience: "b" }] } },
      ["x", true, false, false, "a,b", false, "<none>", AGE],
    ],
    ["a CSINode", storage.CSI_NODES, { spec: { drivers: [{}, {}] } }, ["x", 2, AGE]],
    [
      "a CSIStorageCapacity",
      storage.CSI_STORAGE_CAPACITIES,
      { storageClassName: "fast" },
      ["x", "fast", "<unset>"],
    ],
    [
      "a PriorityClass",
      PRIORITY_CLASSES,
      { value: 7, preemptionPolicy: "Never" },
      ["x", 7, false, AGE, "Never"],
    ],
    ["a RuntimeClass", RUNTIME_CLASSES, { handler: "runc" }, ["x", "runc", AGE]],
    [
      "a request for a certificate that was denied",
      CERTIFICATE_SIGNING_REQUESTS,
      {
        spec: { signerName: "a.b/c", username: "jane", expirationSeconds: 3600 },
        status: { conditions: [{ type: "Failed" }, { type: "Denied" }] },
      },
      ["x", AGE, "a.b/c", "jane", "60m", "Denied,Failed"],
    ],
    [
      "a request for a certificate that was issued",
      CERTIFICATE_SIGNING_REQUESTS,
      { spec: {}, status: { certificate: "eA==", conditions: [{ type: "Approved" }] } },
      ["x", AGE, "<none>", "", "<none>", "Approved,Issued"],
    ],
    ["an API that is served here", API_SERVICES, { spec: {} }, ["x", "Local", "Unknown", AGE]],
    [
      "an API that is served elsewhere, or not",
      API_SERVICES,
      {
        spec: { service: { namespace: "n", name: "s" } },
        status: { conditions: [{ type: "Available", status: "False", reason: "Gone" }] },
      },
      ["x", "n/s", "False (Gone)", AGE],
    ],
    [
      "a FlowSchema that nobody looked at",
      FLOW_SCHEMAS,
      { spec: { priorityLevelConfiguration: { name: "system" }, matchingPrecedence: 5 } },
      ["x", "system", 5, "<none>", AGE, "?"],
    ],
    [
      "a PriorityLevelConfiguration that rejects",
      PRIORITY_LEVEL_CONFIGURATIONS,
      { spec: { type: "Limited", limited: { nominalConcurrencyShares: 5 } } },
      ["x", "Limited", 5, "<none>", "<none>", "<none>", AGE],
    ],
    [
      "a configuration of webhooks",
      admission.MUTATING_WEBHOOK_CONFIGURATIONS,
      { webhooks: [{}, {}] },
      ["x", 2, AGE],
    ],
    [
      "an admission policy",
      admission.VALIDATING_ADMISSION_POLICIES,
      { spec: { validations: [{}], paramKind: { apiVersion: "a/v1", kind: "K" } } },
      ["x", 1, "a/v1/K", AGE],
    ],
    [
      "a binding of an admission policy",
      admission.MUTATING_ADMISSION_POLICY_BINDINGS,
      { spec: { policyName: "p", paramRef: { namespace: "n", name: "r" } } },
      ["x", "p", "n/r", AGE],
    ],
    [
      "a binding to one object, of the cluster or of each namespace",
      admission.VALIDATING_ADMISSION_POLICY_BINDINGS,
      { spec: { policyName: "p", paramRef: { name: "r" } } },
      ["x", "p", "*/r", AGE],
    ],
    [
      "a binding to what a selector matches",
      admission.VALIDATING_ADMISSION_POLICY_BINDINGS,
      {
        spec: {
          policyName: "p",
          paramRef: {
            selector: {
              matchLabels: { b: "2", a: "1" },
              matchExpressions: [{ key: "k", operator: "In", values: ["x", "y"] }],
            },
          },
        },
      },
      [
        "x",
        "p",
        "&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}",
        AGE,
      ],
    ],
    [
      "a binding without parameters",
      admission.VALIDATING_ADMISSION_POLICY_BINDINGS,
      { spec: { policyName: "p" } },
      ["x", "p", "<unset>", AGE],
    ],
    [
      "a component that does not know how it is",
      COMPONENT_STATUSES,
      { conditions: [{ type: "Healthy", status: "Unknown", message: "m", error: "e" }] },
      ["x", "Unhealthy", "m", "e"],
    ],
  ];
  for (const [name, kind, given, expected] of rows) {
    test(name, () => expect(cells(kind, given)).toEqual(expected));
  }
});

test("columns are described in the schema's words", () => {
  const described = columnDefinitionsOf(storage.CSI_DRIVERS).map(({ name, type, description }) => [
    name,
    type,
    description.slice(0, 20),
  ]);
  expect(described.slice(1, 4)).toEqual([
    ["AttachRequired", "boolean", "attachRequired indic"],
    ["PodInfoOnMount", "boolean", "podInfoOnMount indic"],
    ["StorageCapacity", "boolean", "storageCapacity indi"],
  ]);
});
