import { type FieldError, invalid, invalidAll, required } from "../field-error.ts";
import { pathSegment } from "../names.ts";
import { givenFormatted } from "./common.ts";

/** A name that must be given and can be one segment of a path. */
export function requiredSegment(value: string | undefined, path: string): FieldError[] {
  return value ? optionalSegment(value, path) : [required(path)];
}

/** A name that can be one segment of a path; an absent one is no error. */
export function optionalSegment(value: string | undefined, path: string): FieldError[] {
  return value ? invalidAll(path, { value, details: pathSegment(value) }) : [];
}

/** A reference to an object by group, kind and name. */
export function validateTypedReference(
  reference: { readonly apiGroup?: string; readonly kind: string; readonly name: string },
  path: string,
): FieldError[] {
  return [
    ...givenFormatted(`${path}.apiGroup`, { value: reference.apiGroup, as: "subdomain" }),
    ...requiredSegment(reference.kind, `${path}.kind`),
    ...requiredSegment(reference.name, `${path}.name`),
  ];
}

/** The version of an API as a reference names it: `apps/v1`, or `v1` where no group is needed. */
export function validateGroupVersion(
  path: string,
  { apiVersion, needsGroup }: { readonly apiVersion: string; readonly needsGroup: boolean },
): FieldError[] {
  const parts = apiVersion.split("/");
  const fail = (detail: string) => [invalid(path, { value: apiVersion, detail })];
  if (parts.length > 2) return fail(`unexpected GroupVersion string: ${apiVersion}`);
  const hasGroup = parts.length === 2 && parts[0] !== "";
  return needsGroup && !hasGroup ? fail("apiVersion must specify API group") : [];
}
