import type { ResourceAccess } from "#api/access.ts";
import { StatusError } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { ApiOptions } from "./api-options.ts";

const AUTHENTICATED = "system:authenticated";
const UNAUTHENTICATED = "system:unauthenticated";
const ANONYMOUS = "system:anonymous";
const EXTRA = "impersonate-extra-";

/** As whom a request wants to be heard (`--as`, `--as-group`, `--as-uid`). */
interface Role {
  readonly name: string;
  readonly uid: string | undefined;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/**
 * The user that a request is from once its `Impersonate-` headers are taken into account
 * (apiserver/pkg/endpoints/filters/impersonation.go).
 * @throws StatusError 403 when its sender may not be that user or have that group; 500, as
 * Kubernetes has it, when it wants groups and no user.
 */
export function impersonated(
  user: UserInfo,
  headers: Headers,
  authorize: ApiOptions["authorize"],
): UserInfo {
  const role = roleOf(headers);
  if (role === undefined) return user;
  for (const access of accessesFor(role)) authorize(user, access);
  const { name, uid, extra } = role;
  return {
    name,
    groups: groupsOf(role),
    ...(uid !== undefined && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function roleOf(headers: Headers): Role | undefined {
  const name = headers.get("impersonate-user") ?? "";
  const uid = headers.get("impersonate-uid") ?? undefined;
  const groups = valuesOf(headers.get("impersonate-group"));
  const extra: Record<string, readonly string[]> = {};
  for (const [header, value] of headers) {
    if (header.startsWith(EXTRA)) extra[unescaped(header.slice(EXTRA.length))] = valuesOf(value);
  }
  if (name !== "") return { name, uid, groups, extra };
  if (uid === undefined && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  const message =
    "Internal error occurred: requested groups, UID or extra without impersonating a user";
  throw new StatusError(message, { code: 500, reason: "InternalError" });
}

function* accessesFor({ name, uid, groups, extra }: Role): Iterable<ResourceAccess> {
  const account = accountOf(name);
  yield account
    ? wish({ resource: "serviceaccounts", ...account })
    : wish({ resource: "users", name });
  for (const group of groups) yield wish({ resource: "groups", name: group });
  const own = { group: "authentication.k8s.io", version: "v1" };
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) {
      yield wish({ ...own, resource: "userextras", subresource: key, name: value });
    }
  }
  if (uid !== undefined) yield wish({ ...own, resource: "uids", name: uid });
}

function wish(given: Partial<ResourceAccess> & Pick<ResourceAccess, "resource">): ResourceAccess {
  const nothing = { group: "", version: "v1", subresource: "", namespace: "", name: "" };
  return { verb: "impersonate", ...nothing, ...given };
}

/** Everybody but the anonymous is authenticated; a ServiceAccount's groups are known. */
function groupsOf({ name, groups }: Role): readonly string[] {
  const account = accountOf(name);
  const given =
    account && groups.length === 0
      ? ["system:serviceaccounts", `system:serviceaccounts:${account.namespace}`]
      : groups;
  if (given.includes(AUTHENTICATED) || given.includes(UNAUTHENTICATED)) return given;
  return [...given, name === ANONYMOUS ? UNAUTHENTICATED : AUTHENTICATED];
}

function accountOf(user: string): { namespace: string; name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/** The values of a header that came several times: they are joined by then. */
function valuesOf(value: string | null): readonly string[] {
  return value === null ? [] : value.split(", ").filter((one) => one !== "");
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
