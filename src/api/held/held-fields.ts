import { isJsonObject, type JsonObject } from "../codec/json-value.ts";
import { type Field, type ObjectType, SCHEMA } from "../schema.ts";

/** How the server of Kubernetes holds a definition otherwise than its API shows it. */
interface Deviation {
  /** Fields that stand right behind another one. */
  readonly behind?: Readonly<Record<string, string>>;
  /** Fields that are pointers in the API only. */
  readonly byValue?: readonly string[];
  /** Fields of the API that are held elsewhere. */
  readonly without?: readonly string[];
  /** Fields of another definition that it begins with. */
  readonly beginsWith?: { readonly definition: string; readonly fields: readonly string[] };
  /** The value with everything where it is held. */
  readonly read?: (value: JsonObject) => JsonObject;
}

const CORE = "io.k8s.api.core.v1";

const HOST = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"];

/** `pkg/apis/<group>/types.go` and the conversions from v1 beside it. */
const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  "io.k8s.api.apps.v1.RollingUpdateDaemonSet": { byValue: ["maxUnavailable", "maxSurge"] },
  "io.k8s.api.apps.v1.RollingUpdateDeployment": { byValue: ["maxUnavailable", "maxSurge"] },
  "io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy": { byValue: ["partition"] },
  [`${CORE}.PersistentVolumeSpec`]: { behind: { quobyte: "rbd", flexVolume: "iscsi" } },
  [`${CORE}.PodSecurityContext`]: {
    beginsWith: { definition: `${CORE}.PodSpec`, fields: HOST },
    behind: { fsGroupChangePolicy: "fsGroup" },
  },
  [`${CORE}.PodSpec`]: {
    without: [...HOST, "serviceAccount"],
    behind: {
      setHostnameAsFQDN: "subdomain",
      preemptionPolicy: "priority",
      overhead: "runtimeClassName",
    },
    read: ({ serviceAccountName, serviceAccount, securityContext, ...spec }) => ({
      ...spec,
      serviceAccountName: serviceAccountName || serviceAccount,
      securityContext: {
        ...(isJsonObject(securityContext) && securityContext),
        ...Object.fromEntries(HOST.map((name) => [name, spec[name]])),
      },
    }),
  },
  [`${CORE}.ServiceAccountTokenProjection`]: { byValue: ["expirationSeconds"] },
  [`${CORE}.Volume`]: { behind: { quobyte: "rbd" } },
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps": {
    behind: { nullable: "type" },
  },
  "io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration": {
    byValue: ["nominalConcurrencyShares"],
  },
};

/** A kind is held without saying so. */
const TYPE_META = ["kind", "apiVersion"];

/** The fields of a definition as Kubernetes' server holds them, in its order. */
export function heldFields({ name, fields, kinds }: ObjectType): Field[] {
  const { behind = {}, byValue = [], without = [], beginsWith } = DEVIATIONS[name] ?? {};
  const moved = new Map(Object.entries(behind).map(([field, before]) => [before, field]));
  const ordered = [...fields.values()].flatMap((field) => {
    if (without.includes(field.name) || Object.hasOwn(behind, field.name)) return [];
    if (kinds && TYPE_META.includes(field.name)) return [];
    const next = fields.get(moved.get(field.name) ?? "");
    const held = byValue.includes(field.name) ? { ...field, pointer: false } : field;
    return next ? [held, next] : [held];
  });
  if (beginsWith === undefined) return ordered;
  const lenders = SCHEMA.object(beginsWith.definition).fields;
  const lent = [...lenders.values()].filter((field) => beginsWith.fields.includes(field.name));
  return [...lent, ...ordered];
}

/** A value of a definition with everything where Kubernetes' server holds it. */
export function heldValue({ name }: ObjectType, value: JsonObject): JsonObject {
  return DEVIATIONS[name]?.read?.(value) ?? value;
}

/** Only those fields of a definition that Go declares in a struct of this name: a volume's source. */
export function embeddedPart(type: ObjectType, struct: string): ObjectType {
  const fields = [...type.fields].filter(([, { embeddedIn }]) => embeddedIn === struct);
  return { ...type, fields: new Map(fields) };
}
