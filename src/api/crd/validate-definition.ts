import {
  type FieldError,
  forbidden,
  immutable,
  invalid,
  notSupported,
  required,
} from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { dns1035Label, dns1123Subdomain } from "../names.ts";
import { validateWebhookClient } from "../validation/webhook-client.ts";
import type {
  Conversion,
  CustomResourceDefinition,
  DefinedNames,
  DefinedVersion,
  DefinitionSpec,
} from "./definition.ts";
import { isTrue } from "./definition.ts";
import { validateParts } from "./validate-parts.ts";

/**
 * Errors of a definition (apiextensions `ValidateCustomResourceDefinition`), new or a change of
 * `current`.
 */
export function validateDefinition(
  definition: CustomResourceDefinition,
  current?: CustomResourceDefinition,
): FieldError[] {
  const { metadata, spec, status } = definition;
  if (spec === undefined) return [required("spec")];
  const name = metadata?.name ?? "";
  const isNamed = name === `${spec.names.plural}.${spec.group}`;
  return [
    ...(isNamed || name === ""
      ? []
      : [
          invalid("metadata.name", {
            value: name,
            detail: 'must be spec.names.plural+"."+spec.group',
          }),
        ]),
    ...validateSpec(spec, current?.spec),
    // Names that are accepted as they are wanted were judged there.
    ...(Bun.deepEquals(status?.acceptedNames, spec.names)
      ? []
      : validateNames(status?.acceptedNames, "status.acceptedNames")),
    ...validateStoredVersions(status?.storedVersions, spec.versions),
    ...validateApproval(definition),
  ];
}

/** Errors of a change of a definition, beside those of the new one. */
export function validateDefinitionUpdate(
  next: CustomResourceDefinition,
  current: CustomResourceDefinition,
): FieldError[] {
  const change = <T>(pick: (spec: DefinitionSpec | undefined) => T) => ({
    next: pick(next.spec),
    current: pick(current.spec),
  });
  return [
    ...(isTrue(current, "Established")
      ? [
          ...immutable(
            "spec.scope",
            change((spec) => spec?.scope),
          ),
          ...immutable(
            "spec.names.kind",
            change((spec) => spec?.names.kind),
          ),
        ]
      : []),
    ...immutable(
      "spec.group",
      change((spec) => spec?.group),
    ),
    ...immutable(
      "spec.names.plural",
      change((spec) => spec?.names.plural),
    ),
  ];
}

function validateSpec(spec: DefinitionSpec, current: DefinitionSpec | undefined): FieldError[] {
  const { versions, names } = spec;
  const errors = [...validateGroup(spec.group), ...validateScope(spec.scope)];
  if (spec.preserveUnknownFields)
    errors.push(
      invalid("spec.preserveUnknownFields", {
        value: true,
        detail:
          "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
      }),
    );
  for (const [index, { schema }] of versions.entries())
    if (schema?.openAPIV3Schema === undefined)
      errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`));
  const parts = validateParts(versions, current?.versions ?? []);
  for (const [index, version] of versions.entries())
    errors.push(...validateVersion(version, index), ...(parts.own[index] ?? []));
  const value = held(
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion",
    ownParts(versions),
  );
  const say = (detail: string): FieldError => invalid("spec.versions", { value, detail });
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.push(say("must contain unique version names"));
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(say("must have exactly one version marked as storage version"));
  // Kubernetes keeps the first version's name in a field of its own as well.
  const first = versions[0]?.name ?? "";
  if (first !== "") errors.push(...validateVersionName(first, "spec.version"));
  for (const name of ["plural", "singular", "kind", "listKind"] as const)
    if ((names[name] ?? "") === "") errors.push(required(`spec.names.${name}`));
  errors.push(...validateNames(names, "spec.names"), ...parts.shared);
  return [...errors, ...validateConversion(spec.conversion)];
}

const SHARED = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"] as const;

/** The versions without what all of them say alike: that is held once. */
function ownParts(versions: readonly DefinedVersion[]): Partial<DefinedVersion>[] {
  const alike = SHARED.filter((name) =>
    versions.every((version) => Bun.deepEquals(version[name], versions[0]?.[name])),
  );
  return versions.map((version) => {
    const own: Partial<DefinedVersion> = { ...version };
    for (const name of alike) delete own[name];
    return own;
  });
}

function validateGroup(group: string): FieldError[] {
  if (group === "") return [required("spec.group")];
  const details = dns1123Subdomain(group);
  if (details.length > 0)
    return [invalid("spec.group", { value: group, detail: details.join(",") })];
  if (group.includes(".")) return [];
  const detail = "should be a domain with at least one dot";
  return [invalid("spec.group", { value: group, detail })];
}

function validateScope(scope: string): FieldError[] {
  if (scope === "") return [required("spec.scope")];
  const supported = ["Cluster", "Namespaced"];
  return supported.includes(scope) ? [] : [notSupported("spec.scope", { value: scope, supported })];
}

function validateVersion(version: DefinedVersion, index: number): FieldError[] {
  const path = `spec.versions[${index}]`;
  const { name, deprecated, deprecationWarning } = version;
  const errors = validateVersionName(name, `${path}.name`);
  const say = (detail: string): FieldError =>
    invalid(`${path}.deprecationWarning`, { value: deprecationWarning ?? "", detail });
  if (deprecationWarning === undefined) return errors;
  if (!deprecated) return [...errors, say("can only be set for deprecated versions")];
  if (deprecationWarning.length > 256) errors.push(say("must be <= 256 characters long"));
  if (deprecationWarning === "") errors.push(say("must not be an empty string"));
  const bad = deprecationWarning.search(/[^\P{C}]/u);
  if (bad >= 0)
    errors.push(
      say(
        `must only contain printable UTF-8 characters; non-printable character found at index ${bad}`,
      ),
    );
  return errors;
}

function validateVersionName(value: string, path: string): FieldError[] {
  const details = dns1035Label(value);
  return details.length === 0 ? [] : [invalid(path, { value, detail: details.join(",") })];
}

function validateNames(names: DefinedNames | undefined, path: string): FieldError[] {
  if (names === undefined) return [];
  const { plural, singular = "", kind, listKind = "", shortNames = [], categories = [] } = names;
  const label = (field: string, value: string): FieldError[] => {
    const details = value === "" ? [] : dns1035Label(value);
    return details.length === 0 ? [] : [invalid(field, { value, detail: details.join(",") })];
  };
  const mixed = (field: string, value: string): FieldError[] => {
    const details = value === "" ? [] : dns1035Label(value.toLowerCase());
    if (details.length === 0) return [];
    const detail = `may have mixed case, but should otherwise match: ${details.join(",")}`;
    return [invalid(field, { value, detail })];
  };
  return [
    ...label(`${path}.plural`, plural),
    ...label(`${path}.singular`, singular),
    ...mixed(`${path}.kind`, kind),
    ...mixed(`${path}.listKind`, listKind),
    ...shortNames.flatMap((name, index) => label(`${path}.shortNames[${index}]`, name)),
    ...(kind !== "" && kind === listKind
      ? [
          invalid(`${path}.listKind`, {
            value: listKind,
            detail: "kind and listKind may not be the same",
          }),
        ]
      : []),
    ...categories.flatMap((name, index) => label(`${path}.categories[${index}]`, name)),
  ];
}

function validateStoredVersions(
  stored: readonly string[] | null | undefined,
  versions: readonly DefinedVersion[],
): FieldError[] {
  const path = "status.storedVersions";
  if (!stored || stored.length === 0)
    return [
      invalid(path, { value: stored ?? null, detail: "must have at least one stored version" }),
    ];
  return [
    ...versions
      .filter(({ storage, name }) => storage && !stored.includes(name))
      .map(({ name }) =>
        invalid(path, { value: stored, detail: `must have the storage version ${name}` }),
      ),
    ...stored.flatMap((name, index) =>
      versions.some((version) => version.name === name)
        ? []
        : [
            invalid(`${path}[${index}]`, {
              value: name,
              detail: `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
            }),
          ],
    ),
  ];
}

/** Groups of the Kubernetes project are not for everybody. */
export const APPROVAL = "api-approved.kubernetes.io";

/** True for groups that need somebody's approval. */
export function isProtectedGroup(group: string): boolean {
  return /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group);
}

function validateApproval({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  if (!isProtectedGroup(spec?.group ?? "")) return [];
  const path = `metadata.annotations[${APPROVAL}]`;
  const see = "see https://github.com/kubernetes/enhancements/pull/1111";
  const value = metadata?.annotations?.[APPROVAL] ?? "";
  if (value === "")
    return [required(path, `protected groups must have approval annotation "${APPROVAL}", ${see}`)];
  if (value.startsWith("unapproved")) return [];
  if (URL.canParse(value)) return [];
  const detail = `protected groups must have approval annotation "${APPROVAL}" with either a URL or a reason starting with "unapproved", ${see}`;
  return [invalid(path, { value, detail })];
}

function validateConversion(conversion: Conversion | undefined): FieldError[] {
  if (conversion === undefined) return [];
  const path = "spec.conversion";
  const { strategy, webhook } = conversion;
  const { clientConfig, conversionReviewVersions: versions = [] } = webhook ?? {};
  const supported = ["None", "Webhook"];
  if (strategy === "") return [required(`${path}.strategy`)];
  if (!supported.includes(strategy))
    return [notSupported(`${path}.strategy`, { value: strategy, supported })];
  const client = `${path}.webhookClientConfig`;
  if (strategy === "None") {
    const why = "should not be set when strategy is not set to Webhook";
    return [
      ...(clientConfig ? [forbidden(client, why)] : []),
      ...(versions.length > 0 ? [forbidden(`${path}.conversionReviewVersions`, why)] : []),
    ];
  }
  const errors: FieldError[] = [];
  if (clientConfig === undefined)
    errors.push(required(client, "required when strategy is set to Webhook"));
  else errors.push(...validateWebhookClient(clientConfig, client));
  return [...errors, ...validateReviewVersions(versions, `${path}.conversionReviewVersions`)];
}

function validateReviewVersions(versions: readonly string[], path: string): FieldError[] {
  if (versions.length === 0) return [required(path)];
  const errors = versions.flatMap((value, index) => {
    const field = `${path}[${index}]`;
    if (versions.indexOf(value) < index)
      return [invalid(field, { value, detail: "duplicate version" })];
    return dns1035Label(value).map((detail) => invalid(field, { value, detail }));
  });
  if (versions.some((version) => version === "v1" || version === "v1beta1")) return errors;
  const detail = "must include at least one of v1, v1beta1";
  return [...errors, invalid(path, { value: versions, detail })];
}
