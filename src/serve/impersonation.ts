import type { Access } from "#api/access.ts";
import { hasReason, StatusError } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import {
  type Authorize,
  CONSTRAINED_MODES,
  checkLegacy,
  type Wanted,
} from "./impersonation-modes.ts";

const AUTHENTICATED = "system:authenticated";
const UNAUTHENTICATED = "system:unauthenticated";
const ANONYMOUS = "system:anonymous";
const EXTRA = "impersonate-extra-";

/** What stands for a comma inside of an `Impersonate-` line, for it is a comma that joins them. No UTF-8 text has this byte. */
export const COMMA_MARK = "\u00ff";

interface ImpersonatingRequest {
  /** Who sent it. */
  readonly user: UserInfo;
  readonly headers: Headers;
  /** What it wants to do; only asked where it matters. */
  access(): Access;
}

/**
 * The user that a request is from once its `Impersonate-` headers are taken into account (`--as`,
 * `--as-group`, `--as-uid`; apiserver/pkg/endpoints/filters/impersonation): in the first of the ways
 * that its sender has a right to.
 * @throws StatusError 403 when he has it in none, with what the first one lacks; 400 when it wants
 * groups and no user.
 */
export function impersonated(
  { user, headers, access }: ImpersonatingRequest,
  authorize: Authorize,
): UserInfo {
  const wanted = wantedBy(headers);
  if (wanted === undefined) return user;
  const impersonation = { user, wanted, access: access() };
  const refusals: unknown[] = [];
  for (const check of [...CONSTRAINED_MODES, checkLegacy]) {
    try {
      const groups = check(impersonation, authorize);
      if (groups !== undefined) return asUser(wanted, groups);
    } catch (error) {
      if (!hasReason(error, "Forbidden")) throw error;
      refusals.push(error);
    }
  }
  throw refusals[0];
}

function wantedBy(headers: Headers): Wanted | undefined {
  const [name = ""] = valuesOf(headers.get("impersonate-user"));
  const [uid = ""] = valuesOf(headers.get("impersonate-uid"));
  const groups = valuesOf(headers.get("impersonate-group"));
  const extra: Record<string, readonly string[]> = {};
  for (const [header, value] of headers) {
    if (header.startsWith(EXTRA)) extra[unescaped(header.slice(EXTRA.length))] = valuesOf(value);
  }
  const wanted = { name, uid, groups, extra };
  if (name !== "") return wanted;
  if (uid === "" && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  const message = `requested ${goSyntax(wanted)} without impersonating a user name`;
  throw new StatusError(message, { code: 400, reason: "BadRequest" });
}

/** Everybody but the anonymous is authenticated. */
function asUser({ name, uid, extra }: Wanted, groups: readonly string[]): UserInfo {
  const known = name === ANONYMOUS ? UNAUTHENTICATED : AUTHENTICATED;
  const isSaid = groups.includes(known) || groups.includes(UNAUTHENTICATED);
  return {
    name,
    groups: isSaid ? groups : [...groups, known],
    ...(uid !== "" && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** The texts of the lines of one header: they are joined by then, and bytes stand for UTF-8. */
function valuesOf(value: string | null): readonly string[] {
  if (value === null) return [];
  const lines = value.split(", ").map((line) => line.replaceAll(COMMA_MARK, ","));
  return lines.map((line) => Buffer.from(line, "latin1").toString()).filter((line) => line !== "");
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** What Go's `%#v` makes of the user. */
function goSyntax({ name, uid, groups, extra }: Wanted): string {
  const list = (values: readonly string[]): string =>
    `[]string{${values.map((value) => JSON.stringify(value)).join(", ")}}`;
  const entries = Object.entries(extra)
    .sort()
    .map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`);
  const fields = [
    `Name:${JSON.stringify(name)}`,
    `UID:${JSON.stringify(uid)}`,
    `Groups:${groups.length === 0 ? "[]string(nil)" : list(groups)}`,
    `Extra:map[string][]string${entries.length === 0 ? "(nil)" : `{${entries.join(", ")}}`}`,
  ];
  return `&user.DefaultInfo{${fields.join(", ")}}`;
}
