import type { Access, ResourceAccess } from "#api/access.ts";
import { dns1123Label, dns1123Subdomain, domainPrefixedPath } from "#api/names.ts";
import { hasReason } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { ApiOptions } from "./api-options.ts";

/** See `ApiOptions.authorize`. */
export type Authorize = ApiOptions["authorize"];

/** The user that somebody wants to be, as he says it. */
export interface Wanted {
  readonly name: string;
  /** `""`: none. */
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export interface Impersonation {
  /** Who wants it. */
  readonly user: UserInfo;
  readonly wanted: Wanted;
  /** What he wants to do as that user. */
  readonly access: Access;
}

/**
 * One way of being somebody else. Answers the groups that the other has, or `undefined` where it is
 * not about such users.
 * @throws StatusError 403
 */
type Mode = (impersonation: Impersonation, authorize: Authorize) => readonly string[] | undefined;

const AUTHENTICATION = "authentication.k8s.io";
const NODE_NAME = "authentication.kubernetes.io/node-name";
/** From so many on one right to all is asked about first. */
const MANY = 4;

/** The ways that take a right to what is done as the other too (KEP 5284), in their order. */
export const CONSTRAINED_MODES: readonly Mode[] = [
  constrained("associated-node", ({ user, wanted }) => {
    const isAccount = serviceAccountOf(user.name) !== undefined;
    const [node, ...others] = user.extra?.[NODE_NAME] ?? [];
    const isHere = others.length === 0 && node !== undefined && node === nodeOf(wanted.name);
    return isAccount && isHere && isNameAlone(wanted);
  }),
  constrained(
    "arbitrary-node",
    ({ wanted }) => isNameAlone(wanted) && nodeOf(wanted.name) !== undefined,
  ),
  constrained(
    "serviceaccount",
    ({ wanted }) => isNameAlone(wanted) && serviceAccountOf(wanted.name) !== undefined,
  ),
  constrained(
    "user-info",
    ({ wanted: { name } }) => nodeOf(name) === undefined && serviceAccountOf(name) === undefined,
  ),
];

/** Whoever may `impersonate` a user may be him for everything. */
export const checkLegacy: Mode = ({ user, wanted }, authorize) => {
  const { name, uid, groups, extra } = wanted;
  const account = serviceAccountOf(name);
  const ask = (given: Given): string => authorize(user, wish({ verb: "impersonate", ...given }));
  ask(account ? { resource: "serviceaccounts", ...account } : { resource: "users", name });
  if (uid !== "") ask({ group: AUTHENTICATION, resource: "uids", name: uid });
  for (const group of groups) ask({ resource: "groups", name: group });
  for (const given of extraWishes(extra)) ask(given);
  return account && groups.length === 0 ? groupsOfAccount(account) : groups;
};

function constrained(mode: string, isFor: (impersonation: Impersonation) => boolean): Mode {
  const verb = `impersonate:${mode}`;
  return (impersonation, authorize) => {
    const { user, wanted, access } = impersonation;
    if (!isFor(impersonation) || !isPlain(wanted)) return undefined;
    const { name, uid, groups, extra } = wanted;
    const ask = (given: Given): string =>
      authorize(user, wish({ verb, group: AUTHENTICATION, ...given }));
    const askAll = (wishes: readonly Given[], all: Given): void => {
      if (wishes.length >= MANY && holds(() => ask(all))) return;
      for (const given of wishes) ask(given);
    };
    authorize(user, { ...access, verb: `impersonate-on:${mode}:${access.verb}` });
    const node = nodeOf(name);
    const account = serviceAccountOf(name);
    // Which node it is, was seen by whom he asks as.
    const named = mode === "associated-node" ? "*" : node;
    if (named !== undefined) ask({ resource: "nodes", name: named });
    else ask(account ? { resource: "serviceaccounts", ...account } : { resource: "users", name });
    if (uid !== "") ask({ resource: "uids", name: uid });
    const ofGroups = groups.map((group) => ({ resource: "groups", name: group }));
    askAll(ofGroups, { resource: "groups", name: "*" });
    askAll([...extraWishes(extra)], { resource: "userextras", subresource: "*", name: "*" });
    if (node !== undefined) return ["system:nodes"];
    return account ? groupsOfAccount(account) : groups;
  };
}

/** No way but the old one makes administrators, or takes what no authenticator says of users. */
function isPlain({ groups, extra }: Wanted): boolean {
  const isKey = (key: string): boolean => {
    const { malformed, host, rest } = domainPrefixedPath(key);
    const errors = [...malformed, ...host.errors, ...rest.errors];
    return errors.length === 0 && key === key.toLowerCase();
  };
  return (
    !groups.includes("system:masters") &&
    Object.entries(extra).every(([key, values]) => isKey(key) && values.length > 0)
  );
}

type Given = Partial<ResourceAccess> & Pick<ResourceAccess, "resource">;

function wish(given: Given & Pick<ResourceAccess, "verb">): ResourceAccess {
  return { group: "", version: "v1", subresource: "", namespace: "", name: "", ...given };
}

function* extraWishes(extra: Wanted["extra"]): Iterable<Given> {
  for (const [subresource, values] of Object.entries(extra)) {
    for (const name of values) {
      yield { group: AUTHENTICATION, resource: "userextras", subresource, name };
    }
  }
}

/** Whether a right is there: refusals are an answer here. */
function holds(ask: () => string): boolean {
  try {
    ask();
    return true;
  } catch (error) {
    if (hasReason(error, "Forbidden")) return false;
    throw error;
  }
}

const isNameAlone = ({ uid, groups, extra }: Wanted): boolean =>
  uid === "" && groups.length === 0 && Object.keys(extra).length === 0;

function nodeOf(user: string): string | undefined {
  const [, node] = /^system:node:(.+)$/s.exec(user) ?? [];
  return node !== undefined && dns1123Subdomain(node).length === 0 ? node : undefined;
}

interface Account {
  readonly namespace: string;
  readonly name: string;
}

function serviceAccountOf(user: string): Account | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  const isOne = dns1123Label(namespace).length === 0 && dns1123Subdomain(name).length === 0;
  return isOne ? { namespace, name } : undefined;
}

/** A ServiceAccount's groups are known. */
const groupsOfAccount = ({ namespace }: Account): readonly string[] => [
  "system:serviceaccounts",
  `system:serviceaccounts:${namespace}`,
];
