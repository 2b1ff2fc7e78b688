import { type FieldError, invalidAll, required } from "../field-error.ts";
import { pathSegment } from "../names.ts";
import { formatted } from "./common.ts";

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
    ...formatted(`${path}.apiGroup`, { value: reference.apiGroup, as: "subdomain" }),
    ...requiredSegment(reference.kind, `${path}.kind`),
    ...requiredSegment(reference.name, `${path}.name`),
  ];
}
