import type { GroupVersionKind } from "../resource.ts";

/** Where upstream registers what a body may be. */
const SCHEMES = {
  kinds: "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30",
  options: "pkg/runtime/scheme.go:111",
};

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

/** Why a kind that nobody serves cannot be read. */
export function unregisteredKind(
  { group, version, kind }: GroupVersionKind,
  scheme: keyof typeof SCHEMES,
): string {
  const groupVersion = group === "" ? version : `${group}/${version}`;
  return `no kind "${kind}" is registered for version "${groupVersion}" in scheme "${SCHEMES[scheme]}"`;
}
