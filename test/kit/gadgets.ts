import type { CustomResourceDefinition, DefinedVersion } from "#api/crd/definition.ts";
import type { JsonSchemaProps } from "#api/crd/json-schema-props.ts";

const text: JsonSchemaProps = { type: "string" };
const number: JsonSchemaProps = { type: "integer" };

/** One of everything that a schema can say: enums, ranges, defaults, sets, maps, free forms. */
const SPEC: JsonSchemaProps = {
  type: "object",
  properties: {
    replicas: number,
    color: { type: "string", enum: ["red", "green", "blue"] },
    size: { type: "integer", minimum: 0, maximum: 10 },
    tags: { type: "array", "x-kubernetes-list-type": "set", items: text },
    ports: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: { type: "object", required: ["name"], properties: { name: text, value: text } },
    },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    any: { "x-kubernetes-int-or-string": true },
    def: { type: "string", default: "dflt" },
    flag: { type: "boolean" },
    ratio: { type: "number" },
  },
};

const STATUS: JsonSchemaProps = {
  type: "object",
  properties: { replicas: number, selector: text, phase: text },
};

const VERSION: DefinedVersion = {
  name: "v1",
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: "object", properties: { spec: SPEC, status: STATUS } } },
};

function definition(
  names: { readonly plural: string; readonly kind: string },
  { scope, version }: { scope: "Namespaced" | "Cluster"; version: DefinedVersion },
): CustomResourceDefinition {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${names.plural}.example.com` },
    spec: { group: "example.com", scope, names, versions: [version] },
  };
}

/** The two kinds that the golden tables are about. */
export const GOLDEN_KINDS: readonly CustomResourceDefinition[] = [
  definition(
    { plural: "gadgets", kind: "Gadget" },
    {
      scope: "Namespaced",
      version: {
        ...VERSION,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: ".spec.replicas",
            statusReplicasPath: ".status.replicas",
            labelSelectorPath: ".status.selector",
          },
        },
        selectableFields: [{ jsonPath: ".spec.color" }, { jsonPath: ".spec.def" }],
      },
    },
  ),
  definition({ plural: "orbs", kind: "Orb" }, { scope: "Cluster", version: VERSION }),
];

/** A Gadget for the namespace that it is sent to. */
export function gadget(name: string, spec: object = {}, metadata: object = {}): object {
  return {
    apiVersion: "example.com/v1",
    kind: "Gadget",
    metadata: { name, ...metadata },
    spec,
  };
}
