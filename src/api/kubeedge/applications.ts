import type { OwnDefinition } from "./own-definition.ts";
import {
  count,
  free,
  labels,
  listOf,
  object,
  oneOf,
  selector,
  text,
  texts,
  whole,
  yesOrNo,
} from "./schema.ts";

const containerOverrider = object({
  containerName: text,
  operator: oneOf("add", "remove", "replace"),
  value: texts,
});

const overriders = object({
  replicas: count,
  imageOverriders: listOf(
    object({
      component: oneOf("Registry", "Repository", "Tag"),
      operator: oneOf("add", "remove", "replace"),
      value: text,
      predicate: object({ path: text }),
    }),
  ),
  envOverriders: listOf(free),
  commandOverriders: listOf(containerOverrider),
  argsOverriders: listOf(containerOverrider),
  resourcesOverriders: listOf(free),
});

/** `apps.kubeedge.io/v1alpha1` and `policy.kubeedge.io/v1alpha1` */
export const APPLICATIONS: readonly OwnDefinition[] = [
  {
    group: "apps.kubeedge.io",
    version: "v1alpha1",
    kind: "NodeGroup",
    plural: "nodegroups",
    shortNames: ["ng"],
    namespaced: false,
    properties: {
      spec: object({ nodes: texts, matchLabels: labels, topologyEnabled: yesOrNo }),
      status: object({
        nodeStatuses: listOf(
          object({
            nodeName: text,
            readyStatus: text,
            selectionStatus: text,
            selectionStatusReason: text,
          }),
        ),
      }),
    },
    hasStatus: true,
  },
  {
    group: "apps.kubeedge.io",
    version: "v1alpha1",
    kind: "EdgeApplication",
    plural: "edgeapplications",
    shortNames: ["eapp"],
    namespaced: true,
    properties: {
      spec: object({
        workloadTemplate: object({
          manifests: listOf({
            type: "object",
            "x-kubernetes-embedded-resource": true,
            "x-kubernetes-preserve-unknown-fields": true,
          }),
        }),
        workloadScope: object({
          targetNodeGroups: listOf(object({ name: text, overriders }, "name")),
          targetNodeLabels: listOf(object({ labelSelector: selector, overriders })),
        }),
      }),
      status: object({
        workloadStatus: listOf(
          object({ identifier: free, condition: oneOf("Processing", "Available") }),
        ),
      }),
    },
    hasStatus: true,
  },
  {
    group: "policy.kubeedge.io",
    version: "v1alpha1",
    kind: "ServiceAccountAccess",
    plural: "serviceaccountaccesses",
    shortNames: ["saaccess"],
    namespaced: true,
    properties: {
      spec: object({
        serviceAccount: free,
        serviceAccountUID: text,
        accessRoleBinding: listOf(free),
        accessClusterRoleBinding: listOf(free),
      }),
      status: object({ nodeList: texts }),
    },
    hasStatus: true,
  },
];

const sync = (kind: string, plural: string, namespaced: boolean): OwnDefinition => ({
  group: "reliablesyncs.kubeedge.io",
  version: "v1alpha1",
  kind,
  plural,
  namespaced,
  properties: {
    spec: object({ objectAPIVersion: text, objectKind: text, objectName: text }),
    status: object({ objectResourceVersion: text }),
  },
  hasStatus: true,
});

/** `rules.kubeedge.io/v1` and `reliablesyncs.kubeedge.io/v1alpha1` */
export const RULES_AND_SYNCS: readonly OwnDefinition[] = [
  {
    group: "rules.kubeedge.io",
    version: "v1",
    kind: "Rule",
    plural: "rules",
    namespaced: true,
    properties: {
      spec: object(
        { source: text, sourceResource: labels, target: text, targetResource: labels },
        "source",
        "sourceResource",
        "target",
        "targetResource",
      ),
      status: object({ successMessages: whole, failMessages: whole, errors: texts }),
    },
    hasStatus: true,
  },
  {
    group: "rules.kubeedge.io",
    version: "v1",
    kind: "RuleEndpoint",
    plural: "ruleendpoints",
    shortNames: ["re"],
    namespaced: true,
    properties: {
      spec: object(
        { ruleEndpointType: oneOf("rest", "eventbus", "servicebus"), properties: labels },
        "ruleEndpointType",
      ),
    },
  },
  sync("ObjectSync", "objectsyncs", true),
  sync("ClusterObjectSync", "clusterobjectsyncs", false),
];
