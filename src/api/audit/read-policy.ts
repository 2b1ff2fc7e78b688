import { readYaml } from "../codec/yaml.ts";
import { AUDIT_LEVELS, AUDIT_STAGES, type AuditPolicy } from "./policy.ts";

type Check = (value: unknown, at: string) => void;

/**
 * Reads an audit policy, YAML or JSON.
 * @throws Error that says what is wrong with it, and where.
 */
export function readAuditPolicy(text: Uint8Array): AuditPolicy {
  const { value, duplicates } = readYaml(text);
  for (const duplicate of duplicates) throw new Error(duplicate);
  isPolicy(value, "policy");
  return value;
}

function isPolicy(value: unknown, at: string): asserts value is AuditPolicy {
  POLICY(value, at);
}

function fail(at: string, what: string): never {
  throw new Error(`${at} ${what}`);
}

const anything: Check = () => undefined;

const text: Check = (value, at) => {
  if (typeof value !== "string") fail(at, "must be a text");
};

const boolean: Check = (value, at) => {
  if (typeof value !== "boolean") fail(at, "must be true or false");
};

const oneOf =
  (words: readonly string[]): Check =>
  (value, at) => {
    if (typeof value === "string" && words.includes(value)) return;
    fail(at, `must be one of ${words.join(", ")}`);
  };

const listOf =
  (check: Check): Check =>
  (value, at) => {
    if (!Array.isArray(value)) fail(at, "must be a list");
    for (const [index, item] of value.entries()) check(item, `${at}[${index}]`);
  };

function asObject(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value));
  }
  return fail(at, "must be an object");
}

/** An object with these fields and no others; `required` ones must be there. */
const objectOf =
  (fields: Readonly<Record<string, Check>>, required: readonly string[] = []): Check =>
  (value, at) => {
    const given = asObject(value, at);
    for (const name of required) if (!(name in given)) fail(`${at}.${name}`, "must be given");
    for (const [name, child] of Object.entries(given)) {
      const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (check === undefined) fail(`${at}.${name}`, "is not known");
      check(child, `${at}.${name}`);
    }
  };

const texts = listOf(text);
const stages = listOf(oneOf(AUDIT_STAGES));

const PLAIN_RULE = objectOf(
  {
    level: oneOf(AUDIT_LEVELS),
    users: texts,
    userGroups: texts,
    verbs: texts,
    resources: listOf(objectOf({ group: text, resources: texts, resourceNames: texts })),
    namespaces: texts,
    nonResourceURLs: listOf((value, at) => {
      text(value, at);
      const url = String(value);
      if (url === "*" || (url.startsWith("/") && !url.slice(0, -1).includes("*"))) return;
      fail(at, "must begin with a slash, and may have a * at its end");
    }),
    omitStages: stages,
    omitManagedFields: boolean,
  },
  ["level"],
);

const RULE: Check = (value, at) => {
  PLAIN_RULE(value, at);
  const filled = Object.entries(asObject(value, at)).flatMap(([name, list]) =>
    Array.isArray(list) && list.length > 0 ? [name] : [],
  );
  if (!filled.includes("nonResourceURLs")) return;
  if (filled.includes("resources") || filled.includes("namespaces")) {
    fail(at, "cannot be about URLs and about resources or namespaces at once");
  }
};

const POLICY = objectOf(
  {
    apiVersion: oneOf(["audit.k8s.io/v1"]),
    kind: oneOf(["Policy"]),
    metadata: anything,
    rules: (value, at) => {
      listOf(RULE)(value, at);
      if (Array.isArray(value) && value.length === 0) fail(at, "must hold a rule");
    },
    omitStages: stages,
    omitManagedFields: boolean,
  },
  ["apiVersion", "kind", "rules"],
);
