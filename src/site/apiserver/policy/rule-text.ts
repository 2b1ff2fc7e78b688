import type { PolicyRule } from "#api/object.ts";

const GROUPS: Readonly<Record<string, string>> = {
  core: "",
  admissionregistration: "admissionregistration.k8s.io",
  authentication: "authentication.k8s.io",
  authorization: "authorization.k8s.io",
  certificates: "certificates.k8s.io",
  coordination: "coordination.k8s.io",
  discovery: "discovery.k8s.io",
  events: "events.k8s.io",
  metrics: "metrics.k8s.io",
  networking: "networking.k8s.io",
  node: "node.k8s.io",
  rbac: "rbac.authorization.k8s.io",
  resource: "resource.k8s.io",
  storage: "storage.k8s.io",
};

/** Kubernetes' usual sets of verbs, longest name first. */
const VERB_SETS: Readonly<Record<string, readonly string[]>> = {
  READ: ["get", "list", "watch"],
  WRITE: ["create", "delete", "deletecollection", "patch", "update"],
  ALL: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
};

/**
 * A rule from one line: verbs, `@` and groups, resources, perhaps `named` and names; or verbs,
 * `@url` and paths. `READ @core,events pods events`, `get @url /api /api/*`. Lists come out in
 * order, as Kubernetes writes its own.
 */
export function ruleOf(line: string): PolicyRule {
  const words = line.split(" ");
  const at = words.findIndex((word) => word.startsWith("@"));
  const verbs = words.slice(0, at).flatMap((word) => VERB_SETS[word] ?? word);
  const target = words[at]?.slice(1) ?? "";
  const [things, names] = splitAt(words.slice(at + 1), "named");
  if (target === "url") return { verbs: verbs.sort(), nonResourceURLs: things.sort() };
  return {
    verbs: verbs.sort(),
    apiGroups: target.split(",").map((group) => GROUPS[group] ?? group),
    resources: things.sort(),
    ...(names.length > 0 && { resourceNames: names.sort() }),
  };
}

function splitAt(words: string[], word: string): [before: string[], after: string[]] {
  const index = words.indexOf(word);
  return index < 0 ? [words, []] : [words.slice(0, index), words.slice(index + 1)];
}
