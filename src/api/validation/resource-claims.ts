import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  notFoundValue,
  required,
} from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { dns1123Label, dns1123Subdomain } from "../names.ts";
import type { Container, Pod } from "../object.ts";
import { isMirror } from "../pod.ts";
import { each, formatted } from "./common.ts";

type PodClaim = NonNullable<NonNullable<Pod["spec"]>["resourceClaims"]>[number];
type Taken = NonNullable<NonNullable<Container["resources"]>["claims"]>[number];

/** The names by which containers can take the devices that a pod claims. */
export function claimNames(claims: readonly PodClaim[] = []): ReadonlySet<string> {
  return new Set(claims.map(({ name }) => name).filter((name) => name));
}

/** Errors of the claims of devices of a pod or of a template. */
export function validateClaims(
  claims: readonly PodClaim[] | undefined,
  path: string,
): FieldError[] {
  const names = new Set<string>();
  return each(claims, path, (claim, at) => {
    const { name } = claim;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(`${at}.name`));
    else if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else errors.push(...formatted(`${at}.name`, { value: name, as: "label" }));
    names.add(name);
    return [...errors, ...validateSource(claim, at)];
  });
}

/** A pod that a node has of itself claims nothing. */
export function validateNoClaimOfMirror(pod: Pod): FieldError[] {
  if (!isMirror(pod)) return [];
  return (pod.spec?.resourceClaims ?? []).map(() =>
    forbidden("", "static pods do not support resource claims"),
  );
}

function validateSource(claim: PodClaim, path: string): FieldError[] {
  const { resourceClaimName, resourceClaimTemplateName } = claim;
  const sources = Object.entries({ resourceClaimName, resourceClaimTemplateName });
  const given = sources.flatMap(([field, value]) =>
    value === undefined ? [] : [{ field, value }],
  );
  const errors = given.flatMap(({ field, value }) =>
    invalidAll(`${path}.${field}`, { value, details: dns1123Subdomain(value) }),
  );
  if (given.length === 1) return errors;
  const value = held("io.k8s.api.core.v1.PodResourceClaim", claim);
  const detail =
    given.length === 0
      ? "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
      : "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
  return [invalid(path, { value, detail }), ...errors];
}

/** Errors of the claims that a container takes: each is the pod's, and no request is taken twice. */
export function validateTaken(
  taken: readonly Taken[] | undefined,
  path: string,
  claims: ReadonlySet<string>,
): FieldError[] {
  const keys = new Set<string>();
  return each(taken, path, ({ name, request = "" }, at) => {
    if (!name) return [required(at)];
    const errors = validateOnce({ name, request }, at, keys);
    if (claims.has(name)) return errors;
    const { message, ...error } = notFoundValue(at, name);
    const names = [...claims].toSorted().join(", ");
    const which = claims.size === 0 ? " which is empty" : `: ${names}`;
    const detail = `must be one of the names in pod.spec.resourceClaims${which}`;
    return [...errors, { ...error, message: `${message}: ${detail}` }];
  });
}

function validateOnce(
  { name, request }: { name: string; request: string },
  path: string,
  keys: Set<string>,
): FieldError[] {
  if (keys.has(name)) return [duplicate(path, name)];
  const key = request === "" ? name : `${name}/${request}`;
  const errors =
    request === ""
      ? [...keys].filter((other) => other.startsWith(`${name}/`)).map(() => duplicate(path, name))
      : invalidAll(`${path}.request`, { value: request, details: dns1123Label(request) });
  if (keys.has(key)) errors.push(duplicate(path, key));
  keys.add(key);
  return errors;
}
