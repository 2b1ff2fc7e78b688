import { type FieldError, forbidden, invalid, required } from "../field-error.ts";
import { held } from "../held/held-json.ts";
import type { DefinedVersion } from "./definition.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";
import { schemaAtPath } from "./schema-path.ts";
import { validateStructural } from "./structural.ts";
import { validateDefaults } from "./validate-defaults.ts";
import { validateRules } from "./validate-rules.ts";
import { validateSchema } from "./validate-schema.ts";

/** What a version says, and where errors about it are: at the top where all versions say the same. */
interface Part {
  readonly path: string;
  /** Undefined where all versions say the same. */
  readonly index: number | undefined;
  readonly version: Partial<DefinedVersion>;
  readonly hasStatus: boolean;
  /** The schema is the one that was let in before. */
  readonly isOldSchema: boolean;
}

const PARTS = [
  ["schema", "validation"],
  ["subresources", "subresources"],
  ["additionalPrinterColumns", "additionalPrinterColumns"],
  ["selectableFields", "selectableFields"],
] as const;

type PartName = (typeof PARTS)[number][0];

/** Errors in what versions say of themselves: schema, subresources, columns, selectable fields. */
export interface PartErrors {
  /** Of each version, in what the others do not say alike. */
  readonly own: readonly (readonly FieldError[])[];
  /** In what all say alike; Kubernetes finds these at the top of the definition. */
  readonly shared: readonly FieldError[];
}

/** `current` are the versions before, of a definition that is changed. */
export function validateParts(
  versions: readonly DefinedVersion[],
  current: readonly DefinedVersion[],
): PartErrors {
  const all = parts(versions, current);
  const of = (index: number | undefined): FieldError[] =>
    all.filter((part) => part.index === index).flatMap(validatePart);
  return { own: versions.map((_, index) => of(index)), shared: of(undefined) };
}

function parts(
  versions: readonly DefinedVersion[],
  current: readonly DefinedVersion[],
): readonly Part[] {
  const isOldSchema = (version: DefinedVersion | undefined): boolean => {
    const before = current.find(({ name }) => name === version?.name);
    return before !== undefined && Bun.deepEquals(before.schema, version?.schema);
  };
  const hasStatus = versions.some(({ subresources }) => subresources?.status !== undefined);
  return PARTS.flatMap(([name, top]): readonly Part[] => {
    const [first, ...others] = versions;
    const value = first?.[name];
    const isShared =
      value !== undefined && others.every((other) => Bun.deepEquals(other[name], value));
    if (isShared)
      return [
        {
          path: `spec.${top}`,
          index: undefined,
          version: pick(first, name),
          hasStatus,
          isOldSchema: isOldSchema(first),
        },
      ];
    return versions.map((version, index) => ({
      path: `spec.versions[${index}].${name}`,
      index,
      version: pick(version, name),
      hasStatus: version.subresources?.status !== undefined,
      isOldSchema: isOldSchema(version),
    }));
  });
}

/** The named part, with the schema that selectable fields are looked up in. */
function pick(version: DefinedVersion | undefined, name: PartName): Partial<DefinedVersion> {
  const { schema, subresources, additionalPrinterColumns, selectableFields } = version ?? {};
  switch (name) {
    case "schema":
      return schema ? { schema } : {};
    case "subresources":
      return subresources ? { subresources } : {};
    case "additionalPrinterColumns":
      return additionalPrinterColumns ? { additionalPrinterColumns } : {};
    case "selectableFields":
      return selectableFields ? { selectableFields, ...(schema && { schema }) } : {};
  }
}

function validatePart(part: Part): FieldError[] {
  const { path, version } = part;
  const { schema, subresources, additionalPrinterColumns, selectableFields } = version;
  if (selectableFields) return validateSelectable(selectableFields, { schema, path });
  const openApi = schema?.openAPIV3Schema;
  return [
    ...(openApi ? validateOpenApi(openApi, { ...part, path: `${path}.openAPIV3Schema` }) : []),
    ...validateSubresources(subresources, path),
    ...(additionalPrinterColumns ?? []).flatMap((column, index) =>
      validateColumn(column, `${path}[${index}]`),
    ),
  ];
}

const ROOT_FIELDS = [
  "Description",
  "Type",
  "Format",
  "Title",
  "Maximum",
  "ExclusiveMaximum",
  "Minimum",
  "ExclusiveMinimum",
  "MaxLength",
  "MinLength",
  "Pattern",
  "MaxItems",
  "MinItems",
  "UniqueItems",
  "MultipleOf",
  "Required",
  "Items",
  "Properties",
  "ExternalDocs",
  "Example",
  "XPreserveUnknownFields",
  "XValidations",
];

/** `x-kubernetes-map-type` → `XMapType`: a field as Go names it. */
const goName = (name: string): string =>
  name
    .replace(/^x-kubernetes/, "x")
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");

function validateOpenApi(
  schema: JsonSchemaProps,
  { path, hasStatus, isOldSchema }: Pick<Part, "hasStatus" | "isOldSchema" | "path">,
): FieldError[] {
  const errors: FieldError[] = [];
  if (hasStatus && schema.type !== undefined && schema.type !== "object")
    errors.push(
      invalid(`${path}.type`, {
        value: schema.type,
        detail: `only "object" is allowed as the type at the root of the schema if the status subresource is enabled`,
      }),
    );
  const strange = Object.keys(schema).find((name) => !ROOT_FIELDS.includes(goName(name)));
  if (hasStatus && strange !== undefined)
    errors.push(
      invalid(path, {
        value: held(
          "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps",
          schema,
        ),
        detail: `only [${ROOT_FIELDS.join(" ")}] fields are allowed at the root of the schema if the status subresource is enabled`,
      }),
    );
  if (schema.nullable)
    errors.push(forbidden(`${path}.nullable`, "nullable cannot be true at the root"));
  const structural = validateStructural(schema, path);
  const defaults = structural.length > 0 ? [] : validateDefaults(schema, path);
  const faults = [...errors, ...structural, ...defaults];
  const found = [...faults, ...validateSchema(schema, path)];
  // A schema that is wrong gives its values no type.
  if (faults.length > 0) return found;
  const wrong = found.map(({ field }) => field);
  return [...found, ...validateRules(schema, { path, limitsEach: !isOldSchema, wrong })];
}

function validateSubresources(
  subresources: DefinedVersion["subresources"],
  path: string,
): FieldError[] {
  const { scale } = subresources ?? {};
  if (scale === undefined) return [];
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = "" } = scale;
  const selector = `${path}.scale.labelSelectorPath`;
  const isBelow = /^\.(?:spec|status)\./.test(labelSelectorPath);
  return [
    ...validatePath(specReplicasPath, { field: `${path}.scale.specReplicasPath`, root: "spec" }),
    ...validatePath(statusReplicasPath, {
      field: `${path}.scale.statusReplicasPath`,
      root: "status",
    }),
    ...(labelSelectorPath === "" || isBelow
      ? []
      : labelSelectorPath.startsWith(".")
        ? [
            invalid(selector, {
              value: labelSelectorPath,
              detail: "should be a json path under either .spec or .status",
            }),
          ]
        : notSimple(selector, labelSelectorPath)),
  ];
}

function validatePath(
  value: string,
  { field, root }: { readonly field: string; readonly root: string },
): FieldError[] {
  if (value === "") return [required(field)];
  if (!value.startsWith(".")) return notSimple(field, value);
  if (value.startsWith(`.${root}.`)) return [];
  return [invalid(field, { value, detail: `should be a json path under .${root}` })];
}

const notSimple = (field: string, value: string): FieldError[] => [
  invalid(field, { value, detail: "must be a simple json path starting with ." }),
];

const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS = [
  "byte",
  "date",
  "date-time",
  "double",
  "float",
  "int32",
  "int64",
  "password",
];

function validateColumn(
  column: NonNullable<DefinedVersion["additionalPrinterColumns"]>[number],
  path: string,
): FieldError[] {
  const { name, type, format = "", jsonPath } = column;
  const types = `must be one of ${COLUMN_TYPES.join(",")}`;
  const errors: FieldError[] = [];
  if (name === "") errors.push(required(`${path}.name`));
  if (type === "") errors.push(required(`${path}.type`, types));
  else if (!COLUMN_TYPES.includes(type))
    errors.push(invalid(`${path}.type`, { value: type, detail: types }));
  if (format !== "" && !COLUMN_FORMATS.includes(format))
    errors.push(
      invalid(`${path}.format`, {
        value: format,
        detail: `must be one of ${COLUMN_FORMATS.join(",")}`,
      }),
    );
  if (jsonPath === "") errors.push(required(`${path}.JSONPath`));
  else if (!jsonPath.startsWith(".")) errors.push(...notSimple(`${path}.JSONPath`, jsonPath));
  return errors;
}

const MAX_SELECTABLE_FIELDS = 8;

function validateSelectable(
  fields: readonly { readonly jsonPath: string }[],
  { schema, path }: { readonly schema: DefinedVersion["schema"]; readonly path: string },
): FieldError[] {
  const seen = new Set<string>();
  const errors = fields.flatMap(({ jsonPath }, index): FieldError[] => {
    const field = `${path}[${index}].jsonPath`;
    if (jsonPath === "") return [required(field)];
    const say = (detail: string): FieldError => invalid(field, { value: jsonPath, detail });
    const found = schemaAtPath(schema?.openAPIV3Schema ?? {}, jsonPath, { allowsBrackets: false });
    if (typeof found === "string") return [say(`is an invalid path: ${found}`)];
    const wrong: FieldError[] = [];
    if (/^\.metadata(?:\.|$)/.test(jsonPath))
      wrong.push(say("must not point to fields in metadata"));
    if (!["string", "boolean", "integer"].includes(found.type ?? ""))
      wrong.push(
        say(
          "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
        ),
      );
    if (seen.has(jsonPath))
      wrong.push({
        reason: "FieldValueDuplicate",
        field,
        message: `Duplicate value: ${JSON.stringify(jsonPath)}`,
      });
    seen.add(jsonPath);
    return wrong;
  });
  if (seen.size <= MAX_SELECTABLE_FIELDS) return errors;
  const message = `Too many: ${seen.size}: must have at most ${MAX_SELECTABLE_FIELDS} items`;
  return [...errors, { reason: "FieldValueTooMany", field: path, message }];
}
