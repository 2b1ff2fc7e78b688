import type { Pod, Volume } from "#api/object.ts";
import { allContainers } from "#api/pod.ts";
import { ContainerConfigError } from "../container/config-error.ts";
import { fieldValue, type PodFacts, resourceValue } from "../container/field-ref.ts";
import { commonUser } from "../container/security.ts";
import { keyValues, type Sources } from "../container/sources.ts";
import type { Payload, ProjectedFile } from "./atomic-writer.ts";
import type { TokenProjection } from "./pod-tokens.ts";

const DEFAULT_MODE = 0o644;
/** Files of a group are readable by it. */
const GROUP_READ = 0o440;

type KeyPaths = readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
type DownwardItems = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>;
type Projection = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];

interface Around {
  readonly facts: PodFacts;
  readonly sources: Sources;
  readonly defaultMode: number;
}

interface Keyed {
  readonly kind: "configMap" | "secret";
  readonly name: string;
  readonly items?: KeyPaths | undefined;
  readonly optional?: boolean | undefined;
}

/**
 * The files of a volume that is made from objects; `undefined` for volumes of other sorts.
 * @throws {ContainerConfigError} when an object or a key that must exist does not.
 */
export async function volumePayload(
  volume: Volume,
  facts: PodFacts,
  sources: Sources,
): Promise<Payload | undefined> {
  const files = await filesOf(volume, facts, sources);
  if (!files || facts.pod.spec?.securityContext?.fsGroup === undefined) return files;
  return new Map(
    [...files].map(([path, file]) => [path, { ...file, mode: file.mode | GROUP_READ }]),
  );
}

async function filesOf(volume: Volume, facts: PodFacts, sources: Sources) {
  const { configMap, secret, downwardAPI, projected } = volume;
  const source = configMap ?? secret ?? downwardAPI ?? projected;
  if (!source) return undefined;
  const around: Around = { facts, sources, defaultMode: source.defaultMode ?? DEFAULT_MODE };
  if (configMap) {
    const { name = "", items, optional } = configMap;
    return keyedFiles({ kind: "configMap", name, items, optional }, around);
  }
  if (secret) {
    const { secretName: name = "", items, optional } = secret;
    return keyedFiles({ kind: "secret", name, items, optional }, around);
  }
  if (downwardAPI) return downwardFiles(downwardAPI.items ?? [], around);
  const files = new Map<string, ProjectedFile>();
  for (const one of projected?.sources ?? []) {
    for (const [path, file] of await projectedFiles(one, around)) files.set(path, file);
  }
  return files;
}

function projectedFiles(source: Projection, around: Around): Promise<Payload> | Payload {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap) return keyedFiles({ kind: "configMap", ...named(configMap) }, around);
  if (secret) return keyedFiles({ kind: "secret", ...named(secret) }, around);
  if (downwardAPI) return downwardFiles(downwardAPI.items ?? [], around);
  if (serviceAccountToken) return tokenFile(serviceAccountToken, around);
  const [sort = "source"] = Object.keys(source);
  throw new ContainerConfigError(`projected volume source ${sort} is not supported yet`);
}

function named({ name = "", items, optional }: NonNullable<Projection["configMap"]>) {
  return { name, items, optional };
}

/** A token is its user's alone where there is one, or where the pod's group can read it; kubelet's rule. */
async function tokenFile(
  projection: TokenProjection,
  { facts, sources, defaultMode }: Around,
): Promise<Payload> {
  const isOfGroup = facts.pod.spec?.securityContext?.fsGroup !== undefined;
  const content = new TextEncoder().encode(await sources.token(projection));
  const owner = commonUser(facts.pod);
  const mode = isOfGroup || owner !== undefined ? 0o600 : defaultMode;
  const file = { content, mode, ...(owner !== undefined && { owner }) };
  return new Map([[checked(projection.path), file]]);
}

async function keyedFiles(
  { kind, name, items, optional }: Keyed,
  { facts, sources, defaultMode }: Around,
): Promise<Payload> {
  const namespace = facts.pod.metadata?.namespace ?? "";
  const found = await keyValues(sources, { kind, namespace, name, optional });
  if (!found) return new Map();
  const wanted: KeyPaths = items ?? [...found.data.keys()].map((key) => ({ key, path: key }));
  const files = new Map<string, ProjectedFile>();
  for (const { key, path, mode = defaultMode } of wanted) {
    const content = found.data.get(key);
    if (content) files.set(checked(path), { content, mode });
    else if (!optional) {
      throw new ContainerConfigError(`references non-existent ${kind.toLowerCase()} key: ${key}`);
    }
  }
  return files;
}

function downwardFiles(items: DownwardItems, { facts, defaultMode }: Around): Payload {
  const files = new Map<string, ProjectedFile>();
  for (const { path, mode = defaultMode, fieldRef, resourceFieldRef } of items) {
    const value = fieldRef
      ? fieldValue(facts, fieldRef.fieldPath)
      : resourceOf(facts, resourceFieldRef);
    files.set(checked(path), { content: new TextEncoder().encode(value), mode });
  }
  return files;
}

function resourceOf(facts: PodFacts, ref: DownwardItems[number]["resourceFieldRef"]): string {
  const container = containerNamed(facts.pod, ref?.containerName);
  const { resource = "", divisor } = ref ?? {};
  return resourceValue(facts, { container, resource, divisor });
}

function containerNamed({ spec }: Pod, wanted: string | undefined) {
  return allContainers(spec).find(({ name }) => name === wanted);
}

/** A path must stay inside its volume, and leave the names that the writer itself uses. */
function checked(path: string): string {
  const parts = path.split("/");
  if (path.startsWith("/") || parts.includes("..") || parts[0]?.startsWith("..")) {
    throw new ContainerConfigError(`invalid path in a volume: ${path}`);
  }
  return parts.filter((part) => part !== "" && part !== ".").join("/");
}
