import text from "../data/kubernetes-kinds.json" with { type: "text" };
import { apiVersionOf, type GroupVersionKind } from "../resource.ts";
import { SCHEMA } from "../schema.ts";

/** What Kubernetes knows by name, served or not, by group and version. */
const REGISTERED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries<string>(JSON.parse(text)).map(([of, kinds]) => [of, new Set(kinds.split(" "))]),
);

/** Where upstream registers what the body of a request to a group may be. */
const SCHEMES: Readonly<Record<string, string>> = {
  "apiextensions.k8s.io": "pkg/apiserver/apiserver.go:55",
  "apiregistration.k8s.io": "pkg/apiserver/scheme/scheme.go:28",
  "meta.k8s.io": "pkg/apis/meta/internalversion/scheme/register.go:27",
};
const KUBERNETES = "pkg/api/legacyscheme/scheme.go:30";

/** Reads `apps/v1`. Undefined where it is no group version. */
export function parseApiVersion(
  apiVersion: string,
): { group: string; version: string } | undefined {
  const parts = apiVersion.split("/");
  if (parts.length > 2) return undefined;
  const version = parts.pop() ?? "";
  return { group: parts.pop() ?? "", version };
}

/** The Go package of a group's internal types: `core`, `apps`. */
export const internalPackage = (group: string): string => group.split(".")[0] || "core";

/** Why an object of one kind cannot stand where another is expected. */
export function conversionError(found: GroupVersionKind, expected: GroupVersionKind): string {
  const from = `${found.version}.${found.kind}`;
  const to = `${internalPackage(expected.group)}.${expected.kind}`;
  return `converting (${from}) to (${to}): unknown conversion`;
}

/** Whether the server that has `group` knows a kind, in this version or at all. */
export function isRegistered(kind: GroupVersionKind, group: string): boolean {
  const isApart = Object.hasOwn(SCHEMES, group);
  if (isApart && kind.group !== group) return false;
  if (SCHEMA.ofKind(kind) !== undefined) return true;
  return REGISTERED.get(apiVersionOf(kind))?.has(kind.kind) ?? false;
}

/** Why a kind that the server of `group` knows nothing of cannot be read. */
export function unregisteredKind(found: GroupVersionKind, group: string): string {
  const scheme = SCHEMES[group] ?? KUBERNETES;
  return `no kind "${found.kind}" is registered for version "${apiVersionOf(found)}" in scheme "${scheme}"`;
}
