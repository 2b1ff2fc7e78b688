import { DecodeError } from "../codec/decode-error.ts";
import { isJsonObject, jsonType } from "../codec/json-value.ts";
import { deepFreeze, type KubeObject } from "../object.ts";
import {
  apiVersionOf,
  type FieldReader,
  type Resource,
  type StoredAs,
  type Subresource,
  type Verb,
} from "../resource.ts";
import { row, SCALE } from "../resources/row.ts";
import { badRequest } from "../status.ts";
import { compareVersions } from "../version-order.ts";
import { customColumns } from "./columns.ts";
import { type ByWebhook, ConvertedForms } from "./converted-forms.ts";
import type { CustomKind, NormalizedObject } from "./custom-kind.ts";
import { applyDefaults, hasDefaults, type StrayNulls } from "./default.ts";
import { type CustomResourceDefinition, type DefinedVersion, isTrue } from "./definition.ts";
import { embeddedIn, normalizeEmbedded, normalizeMetadata } from "./embedded.ts";
import { finalizerWarnings } from "./finalizer-warnings.ts";
import { simplePath, valueAt } from "./json-path.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";
import { judgeOf } from "./judge.ts";
import { prune } from "./prune.ts";

/** A schema that knows nothing and lets everything be. */
const ANYTHING: JsonSchemaProps = { "x-kubernetes-preserve-unknown-fields": true };

/**
 * The rows of a definition: one per served version, preferred first; none before its names are
 * accepted. All lie in the store as the storage version has them, and are judged as their own.
 */
export function customRows(definition: CustomResourceDefinition): readonly Resource[] {
  const { spec } = definition;
  const storage = spec?.versions.find((version) => version.storage);
  if (spec === undefined || storage === undefined || !isTrue(definition, "Established")) return [];
  return spec.versions
    .filter((version) => isReached(definition, version))
    .toSorted((a, b) => compareVersions(a.name, b.name))
    .map((version) => servedRow({ definition, version, storage }));
}

/**
 * True for a version that is served; and for the storage version of a definition that goes, without
 * which nobody could take its objects away.
 */
export function isReached(
  { metadata }: CustomResourceDefinition,
  { served, storage }: DefinedVersion,
): boolean {
  return served || (storage && metadata?.deletionTimestamp !== undefined);
}

/** In the order in which upstream's discovery lists them. */
const VERBS: readonly Verb[] = [
  ...(["delete", "deletecollection", "get", "list", "patch"] as const),
  ...(["create", "update", "watch"] as const),
];

interface Place {
  readonly definition: CustomResourceDefinition;
  readonly version: DefinedVersion;
  readonly storage: DefinedVersion;
}

function servedRow({ definition, version, storage }: Place): Resource {
  const { group = "", conversion } = definition.spec ?? {};
  const kind = customKind(version);
  const apiVersion = apiVersionOf({ group, version: version.name });
  const storedApiVersion = apiVersionOf({ group, version: storage.name });
  const read = reader(kind, apiVersion);
  const { webhook } = conversion ?? {};
  const byWebhook: ByWebhook | undefined =
    conversion?.strategy === "Webhook" && webhook
      ? {
          definition: definition.metadata?.name ?? "",
          webhook,
          storedApiVersion,
          forms: new ConvertedForms(apiVersion, read),
        }
      : undefined;
  const custom = byWebhook ? { ...kind, conversion: byWebhook } : kind;
  const served = identityOf(definition, version);
  const judge = { ...judgeOf(custom, read), warnings: finalizerWarnings };
  const setDefaults = (object: KubeObject): void => {
    const { value } = normalized(custom, object);
    for (const name of Object.keys(object)) Reflect.deleteProperty(object, name);
    Object.assign(object, value);
  };
  const deprecated = version.deprecated && {
    deprecationWarning: deprecationOf(definition, version),
  };
  // What a webhook converts is worked on as its version has it, and converted on its way.
  const storedAs: StoredAs<KubeObject> = byWebhook
    ? {
        resource: row<KubeObject>({ ...served, setDefaults, ...judge }),
        fromStored: (object) => byWebhook.forms.of(object),
        toStored: (object) => object,
      }
    : {
        resource: row<KubeObject>({ ...served, version: storage.name, ...judge }),
        fromStored: read,
        toStored: (object) => ({ ...object, apiVersion: storedApiVersion }),
      };
  return row<KubeObject>({ ...served, ...deprecated, setDefaults, storedAs });

  function identityOf(
    { spec, status }: CustomResourceDefinition,
    { name, additionalPrinterColumns, selectableFields }: DefinedVersion,
  ) {
    const names = status?.acceptedNames ?? spec?.names;
    const { kind = "", plural = "", singular, shortNames = [], categories = [] } = names ?? {};
    return {
      group,
      version: name,
      kind,
      plural,
      ...(singular !== undefined && { singular }),
      shortNames,
      categories,
      verbs: VERBS,
      namespaced: spec?.scope === "Namespaced",
      definition: definitionName({ group, version: name, kind }),
      hasGeneration: true,
      anyFinalizer: true,
      needsVersion: true,
      subresources: subresourcesOf({ group, version, kind }),
      columns: customColumns(additionalPrinterColumns),
      fields: Object.fromEntries((selectableFields ?? []).map(fieldReader)),
      custom,
    };
  }
}

function normalized(custom: CustomKind, object: KubeObject): NormalizedObject {
  try {
    return custom.normalize(object, "kept");
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(error.message);
  }
}

/** `com.example.v1.Widget`: the group's name turned around. */
function definitionName({ group, version, kind }: Pick<Resource, "group" | "version" | "kind">) {
  return [...group.split(".").reverse(), version, kind].join(".");
}

function customKind({
  schema: given,
  selectableFields = [],
  subresources,
}: DefinedVersion): CustomKind {
  const schema = given?.openAPIV3Schema ?? ANYTHING;
  return {
    schema,
    selectableFields: selectableFields.map(({ jsonPath }) => jsonPath),
    scale: subresources?.scale,
    normalize: (value, nulls) => normalize(schema, value, nulls),
  };
}

function normalize(
  schema: JsonSchemaProps,
  value: unknown,
  nulls: StrayNulls = "dropped",
): NormalizedObject {
  if (!isJsonObject(value))
    throw new DecodeError(
      `json: cannot unmarshal ${jsonType(value)} into Go value of type map[string]interface {}`,
    );
  const object: Record<string, unknown> = structuredClone(value);
  const inMetadata = normalizeMetadata(object);
  for (const each of embeddedIn(object, schema)) inMetadata.push(...normalizeEmbedded(each));
  applyDefaults(object, schema, nulls);
  const pruned = prune(object, schema);
  return { value: object, unknownFields: [...inMetadata, ...pruned] };
}

/** What is in the store as a version shows it: pruned and defaulted by the schema of today. */
function reader({ schema }: CustomKind, apiVersion: string): (stored: KubeObject) => KubeObject {
  const isDefaulted = hasDefaults(schema);
  return (stored) => {
    const read: KubeObject & Record<string, unknown> = structuredClone({ ...stored, apiVersion });
    if (isDefaulted) applyDefaults(read, schema);
    const removed = prune(read, schema);
    const isSame = stored.apiVersion === apiVersion && removed.length === 0;
    return isSame && (!isDefaulted || Bun.deepEquals(read, stored)) ? stored : deepFreeze(read);
  };
}

function subresourcesOf({
  group,
  version,
  kind,
}: {
  readonly group: string;
  readonly version: DefinedVersion;
  readonly kind: string;
}): readonly Subresource[] {
  const { status, scale } = version.subresources ?? {};
  const own: Subresource = {
    name: "status",
    group,
    version: version.name,
    kind,
    verbs: ["get", "patch", "update"],
  };
  return [...(status ? [own] : []), ...(scale ? [SCALE] : [])];
}

function fieldReader({
  jsonPath,
}: {
  readonly jsonPath: string;
}): readonly [string, FieldReader<KubeObject>] {
  const path = simplePath(jsonPath);
  return [
    path.join("."),
    (object) => {
      const value = valueAt(object, path);
      return value === undefined || value === null ? "" : String(value);
    },
  ];
}

function deprecationOf(
  { spec }: CustomResourceDefinition,
  { name, deprecationWarning }: DefinedVersion,
): string {
  if (deprecationWarning !== undefined) return deprecationWarning;
  const { group = "", names, versions = [] } = spec ?? {};
  const better = versions
    .filter(({ served, deprecated }) => served && !deprecated)
    .map((version) => version.name)
    .toSorted(compareVersions)
    .find((one) => /^v\d+$/.test(one) && compareVersions(one, name) < 0);
  const text = `${group}/${name} ${names?.kind} is deprecated`;
  return better === undefined ? text : `${text}; use ${group}/${better} ${names?.kind}`;
}
