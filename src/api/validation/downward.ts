import { type FieldError, invalid, invalidAll, notSupported, required } from "../field-error.ts";
import { qualifiedName } from "../names.ts";
import type { Container } from "../object.ts";
import { canonicalQuantity } from "../quantity.ts";

type EnvVarSource = NonNullable<NonNullable<Container["env"]>[number]["valueFrom"]>;
type FieldRef = NonNullable<EnvVarSource["fieldRef"]>;
type ResourceFieldRef = NonNullable<EnvVarSource["resourceFieldRef"]>;

const ENV_FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
] as const;

const VOLUME_FIELDS = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
] as const;

/** Fields of a pod that can be named at all, wherever they may be used. */
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...ENV_FIELDS,
  ...VOLUME_FIELDS,
  "spec.restartPolicy",
  "spec.schedulerName",
  "status.phase",
]);
const SUBSCRIPTED: readonly string[] = ["metadata.annotations", "metadata.labels"];

const RESOURCE_FIELDS = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
] as const;

/** Where a field of the downward API ends up decides which fields there are. */
export type DownwardUse = "env" | "volume";

const SUBSCRIPT = /^(.*)\['(.*)'\]$/s;

/** Errors of a reference to a field of the pod itself. */
export function validateFieldRef(
  { apiVersion, fieldPath }: FieldRef,
  path: string,
  use: DownwardUse,
): FieldError[] {
  if (!apiVersion) return [required(`${path}.apiVersion`)];
  if (!fieldPath) return [required(`${path}.fieldPath`)];
  const [, field = "", key = ""] = SUBSCRIPT.exec(fieldPath) ?? [];
  const unknown = unknownField({ apiVersion, fieldPath, field });
  if (unknown !== undefined) {
    const detail = `error converting fieldPath: ${unknown}`;
    return [invalid(`${path}.fieldPath`, { value: fieldPath, detail })];
  }
  if (field !== "") {
    const details = qualifiedName(field === "metadata.labels" ? key : key.toLowerCase());
    return invalidAll(path, { value: key, details });
  }
  // the name that the first of all clients used
  const value = fieldPath === "spec.host" ? "spec.nodeName" : fieldPath;
  const supported: readonly string[] = use === "env" ? ENV_FIELDS : VOLUME_FIELDS;
  if (supported.includes(value)) return [];
  return [notSupported(`${path}.fieldPath`, { value, supported })];
}

function unknownField({
  apiVersion,
  fieldPath,
  field,
}: {
  apiVersion: string;
  fieldPath: string;
  field: string;
}): string | undefined {
  if (apiVersion !== "v1") return `unsupported pod version: ${apiVersion}`;
  if (field !== "") {
    const isSubscripted = SUBSCRIPTED.includes(field);
    return isSubscripted ? undefined : `field label does not support subscript: ${fieldPath}`;
  }
  const isKnown = KNOWN_FIELDS.has(fieldPath) || fieldPath === "spec.host";
  return isKnown ? undefined : `field label not supported: ${fieldPath}`;
}

/** Errors of a reference to what a container asks for. */
export function validateResourceFieldRef(
  reference: ResourceFieldRef,
  path: string,
  use: DownwardUse,
): FieldError[] {
  const { resource, containerName } = reference;
  const errors = validateDivisor(reference, `${path}.divisor`);
  if (use === "volume" && !containerName) return [required(`${path}.containerName`), ...errors];
  if (!resource) return [required(`${path}.resource`), ...errors];
  const supported: readonly string[] = RESOURCE_FIELDS;
  if (supported.includes(resource) || /^(limits|requests)\.hugepages-/.test(resource)) {
    return errors;
  }
  return [notSupported(`${path}.resource`, { value: resource, supported }), ...errors];
}

const BYTE_DIVISORS = ["1", "1k", "1M", "1G", "1T", "1P", "1E"].concat([
  "1Ki",
  "1Mi",
  "1Gi",
  "1Ti",
  "1Pi",
  "1Ei",
]);

/** In what unit an amount is shown, by what is shown. */
const DIVISORS: Readonly<Record<string, { supported: readonly string[]; told: string }>> = {
  cpu: { supported: ["1m", "1"], told: "1m and 1 are supported with the cpu resource" },
  memory: {
    supported: BYTE_DIVISORS,
    told: `${BYTE_DIVISORS.join(", ")} are supported with the memory resource`,
  },
  "ephemeral-storage": {
    supported: BYTE_DIVISORS,
    told: `${BYTE_DIVISORS.join(", ")} are supported with the local ephemeral storage resource`,
  },
  hugepages: {
    supported: BYTE_DIVISORS,
    told: `${BYTE_DIVISORS.join(", ")} are supported with the hugepages resource`,
  },
};

function validateDivisor(
  { resource = "", divisor = "0" }: Partial<ResourceFieldRef>,
  path: string,
): FieldError[] {
  const [, name = ""] =
    /^(?:limits|requests)\.(cpu|memory|ephemeral-storage|hugepages(?=-))/.exec(resource) ?? [];
  const rule = DIVISORS[name];
  const unit = canonicalQuantity(divisor);
  if (rule === undefined || unit === "0" || rule.supported.includes(unit)) return [];
  return [invalid(path, { value: resource, detail: `only divisor's values ${rule.told}` })];
}
