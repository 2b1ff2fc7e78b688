const RESTRICTED = "node-restriction.kubernetes.io";
/** Labels of Kubernetes that a kubelet sets on its own Node (k8s.io/kubelet/pkg/apis `KubeletLabels`). */
const KUBELET_LABELS: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "node.kubernetes.io/instance-type",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "beta.kubernetes.io/instance-type",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
]);
const KUBELET_DOMAINS = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const KUBERNETES_DOMAINS = ["kubernetes.io", "k8s.io"];

type Labels = Readonly<Record<string, string>>;

/** The labels that differ and that a node may not change on itself, in order: they would draw pods to it. */
export function forbiddenLabels(next: Labels = {}, current: Labels = {}): readonly string[] {
  const keys = new Set([...Object.keys(next), ...Object.keys(current)]);
  return [...keys].filter((key) => next[key] !== current[key] && isForbidden(key)).sort();
}

function isForbidden(key: string): boolean {
  const [domain = "", name] = key.split("/");
  if (name === undefined) return false;
  if (isWithin(domain, [RESTRICTED])) return true;
  const isKubelets = KUBELET_LABELS.has(key) || isWithin(domain, KUBELET_DOMAINS);
  return isWithin(domain, KUBERNETES_DOMAINS) && !isKubelets;
}

const isWithin = (domain: string, parents: readonly string[]): boolean =>
  parents.some((parent) => domain === parent || domain.endsWith(`.${parent}`));
