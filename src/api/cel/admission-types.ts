import { objectOf } from "./object-types.ts";
import { BOOL, type CelType, DYN, INT, listOf, mapOf, STRING } from "./types.ts";

const TIMESTAMP: CelType = { is: "timestamp" };
const STRINGS = listOf(STRING);

const objectType = (name: string, fields: Readonly<Record<string, CelType>>): CelType =>
  objectOf(`kubernetes.${name}`, Object.entries(fields));

const KIND = objectType("GroupVersionKind", { group: STRING, version: STRING, kind: STRING });
const RESOURCE = objectType("GroupVersionResource", {
  group: STRING,
  version: STRING,
  resource: STRING,
});

/** The type of the variable `request` in expressions about a request. */
export const REQUEST_TYPE: CelType = objectType("AdmissionRequest", {
  kind: KIND,
  resource: RESOURCE,
  subResource: STRING,
  requestKind: KIND,
  requestResource: RESOURCE,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo: objectType("UserInfo", {
    username: STRING,
    uid: STRING,
    groups: STRINGS,
    extra: mapOf(STRING, STRINGS),
  }),
  dryRun: BOOL,
  options: DYN,
});

/** The type of the variable `namespaceObject`: not everything that a Namespace has. */
export const NAMESPACE_TYPE: CelType = objectType("Namespace", {
  metadata: objectType("NamespaceMetadata", {
    name: STRING,
    generateName: STRING,
    namespace: STRING,
    labels: mapOf(STRING, STRING),
    annotations: mapOf(STRING, STRING),
    UID: STRING,
    creationTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: INT,
    deletionTimestamp: TIMESTAMP,
    generation: INT,
    resourceVersion: STRING,
    finalizers: STRINGS,
  }),
  spec: objectType("NamespaceSpec", { finalizers: STRINGS }),
  status: objectType("NamespaceStatus", {
    conditions: listOf(
      objectType("NamespaceCondition", {
        status: STRING,
        type: STRING,
        lastTransitionTime: TIMESTAMP,
        message: STRING,
        reason: STRING,
      }),
    ),
    phase: STRING,
  }),
});
