import type * as objects from "./object.ts";
import type { Resource, Subresource, Verb } from "./resource.ts";

const ALL_VERBS: readonly Verb[] = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];

type Identity = "group" | "version" | "kind" | "plural" | "namespaced" | "definition";

function row<T extends objects.KubeObject>(
  given: Pick<Resource<T>, Identity> & Partial<Resource<T>>,
): Resource<T> {
  return {
    singular: given.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: ALL_VERBS,
    subresources: [],
    hasGeneration: false,
    columns: [],
    fields: {},
    setDefaults: () => undefined,
    validate: () => [],
    validateUpdate: () => [],
    ...given,
  };
}

function statusOf(kind: string, group: string): Subresource {
  return { name: "status", group, version: "v1", kind, verbs: ["get", "patch", "update"] };
}

const scale: Subresource = {
  name: "scale",
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  verbs: ["get", "patch", "update"],
};

export const NAMESPACES = row<objects.Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
  definition: "io.k8s.api.core.v1.Namespace",
  shortNames: ["ns"],
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  subresources: [
    { name: "finalize", group: "", version: "v1", kind: "Namespace", verbs: ["update"] },
    statusOf("Namespace", ""),
  ],
});

export const NODES = row<objects.Node>({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  namespaced: false,
  definition: "io.k8s.api.core.v1.Node",
  shortNames: ["no"],
  subresources: [statusOf("Node", "")],
});

export const PODS = row<objects.Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Pod",
  shortNames: ["po"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [
    {
      name: "attach",
      group: "",
      version: "v1",
      kind: "PodAttachOptions",
      verbs: ["create", "get"],
    },
    { name: "binding", group: "", version: "v1", kind: "Binding", verbs: ["create"] },
    { name: "eviction", group: "policy", version: "v1", kind: "Eviction", verbs: ["create"] },
    { name: "exec", group: "", version: "v1", kind: "PodExecOptions", verbs: ["create", "get"] },
    { name: "log", group: "", version: "v1", kind: "Pod", verbs: ["get"] },
    {
      name: "portforward",
      group: "",
      version: "v1",
      kind: "PodPortForwardOptions",
      verbs: ["create", "get"],
    },
    statusOf("Pod", ""),
  ],
});

export const SERVICES = row<objects.Service>({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Service",
  shortNames: ["svc"],
  categories: ["all"],
  subresources: [statusOf("Service", "")],
});

export const ENDPOINTS = row<objects.Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Endpoints",
  shortNames: ["ep"],
});

export const ENDPOINT_SLICES = row<objects.EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  namespaced: true,
  definition: "io.k8s.api.discovery.v1.EndpointSlice",
});

export const CONFIG_MAPS = row<objects.ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
  definition: "io.k8s.api.core.v1.ConfigMap",
  shortNames: ["cm"],
});

export const SECRETS = row<objects.Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Secret",
});

export const SERVICE_ACCOUNTS = row<objects.ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  namespaced: true,
  definition: "io.k8s.api.core.v1.ServiceAccount",
  shortNames: ["sa"],
});

export const EVENTS = row<objects.Event>({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Event",
  shortNames: ["ev"],
  volatile: ({ type }) => type === "Normal",
});

export const LEASES = row<objects.Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
  definition: "io.k8s.api.coordination.v1.Lease",
  volatile: () => true,
});

export const DEPLOYMENTS = row<objects.Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
  definition: "io.k8s.api.apps.v1.Deployment",
  shortNames: ["deploy"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [scale, statusOf("Deployment", "apps")],
});

export const REPLICA_SETS = row<objects.ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  namespaced: true,
  definition: "io.k8s.api.apps.v1.ReplicaSet",
  shortNames: ["rs"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [scale, statusOf("ReplicaSet", "apps")],
});

export const JOBS = row<objects.Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  namespaced: true,
  definition: "io.k8s.api.batch.v1.Job",
  categories: ["all"],
  hasGeneration: true,
  subresources: [statusOf("Job", "batch")],
});

/** Every kind that is served. A new kind is a row above and its name here. */
export const RESOURCES = [
  NAMESPACES,
  NODES,
  PODS,
  SERVICES,
  ENDPOINTS,
  ENDPOINT_SLICES,
  CONFIG_MAPS,
  SECRETS,
  SERVICE_ACCOUNTS,
  EVENTS,
  LEASES,
  DEPLOYMENTS,
  REPLICA_SETS,
  JOBS,
] as const;
