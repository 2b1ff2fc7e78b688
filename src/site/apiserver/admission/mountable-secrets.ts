import type { Container, Pod, ServiceAccount } from "#api/object.ts";
import { podReferences } from "#api/pod-references.ts";

const ENFORCED = "kubernetes.io/enforce-mountable-secrets";
/** What Go reads as true. */
const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "true", "TRUE", "True"]);

/** True where the pods of an account may use no other Secrets than those that it names. */
const isStrict = ({ metadata }: ServiceAccount): boolean =>
  TRUE.has(metadata?.annotations?.[ENFORCED] ?? "");

type Using = Pick<Container, "name" | "env" | "envFrom">;

interface Allowed {
  has(name: string | undefined): boolean;
  /** The end of a sentence about what is not. */
  readonly not: string;
}

function allowedBy({ metadata, secrets = [] }: ServiceAccount): Allowed {
  const names = new Set(secrets.map(({ name }) => name));
  const not = `is not allowed because service account ${metadata?.name ?? ""} does not reference that`;
  return { has: (name) => names.has(name), not };
}

/** Why a container may not have the variables that it asks for. */
function variableRefusal(
  { name, env = [], envFrom = [] }: Using,
  { what, allowed }: { what: string; allowed: Allowed },
): string | undefined {
  for (const { name: variable, valueFrom: { secretKeyRef: secret } = {} } of env) {
    if (secret && !allowed.has(secret.name)) {
      return `${what} ${name} with envVar ${variable} referencing secret.secretName="${secret.name}" ${allowed.not} secret`;
    }
  }
  const other = envFrom.find(({ secretRef }) => secretRef && !allowed.has(secretRef.name));
  return (
    other &&
    `${what} ${name} with envFrom referencing secret.secretName="${other.secretRef?.name}" ${allowed.not} secret`
  );
}

function firstRefusal(
  containers: readonly Using[] | undefined,
  rule: { what: string; allowed: Allowed },
): string | undefined {
  for (const container of containers ?? []) {
    const why = variableRefusal(container, rule);
    if (why !== undefined) return why;
  }
  return undefined;
}

/** Why a new pod may not use the Secrets that it uses; `undefined` where it may. */
export function secretRefusal({ spec }: Pod, account: ServiceAccount): string | undefined {
  if (!isStrict(account)) return undefined;
  const allowed = allowedBy(account);
  const volume = spec?.volumes?.find(({ secret }) => secret && !allowed.has(secret.secretName));
  if (volume) {
    return `volume with secret.secretName="${volume.secret?.secretName ?? ""}" ${allowed.not} secret`;
  }
  const why =
    firstRefusal(spec?.initContainers, { what: "init container", allowed }) ??
    firstRefusal(spec?.containers, { what: "container", allowed });
  if (why !== undefined) return why;
  const pulled = new Set(account.imagePullSecrets?.map(({ name }) => name));
  const secrets = spec?.imagePullSecrets ?? [];
  const index = secrets.findIndex(({ name }) => !pulled.has(name));
  if (index < 0) return undefined;
  return `imagePullSecrets[${index}].name="${secrets[index]?.name ?? ""}" ${allowed.not} imagePullSecret`;
}

/** The same of containers that are put into a pod that runs. */
export function guestSecretRefusal({ spec }: Pod, account: ServiceAccount): string | undefined {
  if (!isStrict(account)) return undefined;
  const allowed = allowedBy(account);
  return firstRefusal(spec?.ephemeralContainers, { what: "ephemeral container", allowed });
}

/** Why a pod may not be the mirror of a static one, which has nothing that only the API gives. */
export function mirrorRefusal(pod: Pod): string | undefined {
  if (pod.spec?.serviceAccountName) return "a mirror pod may not reference service accounts";
  if (podReferences(pod).secrets.length > 0) return "a mirror pod may not reference secrets";
  const sources = (pod.spec?.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  if (!sources.some(({ serviceAccountToken }) => serviceAccountToken)) return undefined;
  return "a mirror pod may not use ServiceAccountToken volume projections";
}
