import type { Endpoints, Event, Namespace, Node, Secret, ServiceAccount } from "../object.ts";
import { canonicalizeAmounts } from "./quantities.ts";

const NAME_LABEL = "kubernetes.io/metadata.name";

/** A namespace carries its name as a label, so that policies can select it. */
export function setNamespaceDefaults(namespace: Namespace): void {
  const { metadata } = namespace;
  if (!metadata?.name) return;
  metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
}

/** The same for what a change through a subresource leaves; it is alive unless somebody says otherwise. */
export function setNamespaceStatusDefaults(namespace: Namespace): void {
  setNamespaceDefaults(namespace);
  namespace.status ??= {};
  namespace.status.phase ||= "Active";
}

/** A new namespace is kept until its content is gone. */
export function prepareNamespace(namespace: Namespace): void {
  // Its name may have come only now.
  setNamespaceDefaults(namespace);
  namespace.status = { phase: "Active" };
  const finalizers = namespace.spec?.finalizers ?? [];
  if (finalizers.includes("kubernetes")) return;
  namespace.spec = { ...namespace.spec, finalizers: [...finalizers, "kubernetes"] };
}

/** Of the Secrets of an account only the names count. */
export function setServiceAccountDefaults({ secrets = [] }: ServiceAccount): void {
  for (const [index, { name }] of secrets.entries()) {
    secrets[index] = name === undefined ? {} : { name };
  }
}

export function setNodeDefaults({ spec, status }: Node): void {
  if (spec) syncPodCidrs(spec);
  if (status === undefined) return;
  canonicalizeAmounts(status.capacity);
  if (status.capacity) status.allocatable ??= { ...status.capacity };
  canonicalizeAmounts(status.allocatable);
}

/** The first of a node's networks stands in both fields; the older one counts. */
function syncPodCidrs(spec: NonNullable<Node["spec"]>): void {
  if (spec.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR];
  const [first] = spec.podCIDRs ?? [];
  if (first) spec.podCIDR = first;
}

/** What a new node does not have any more: a configuration that the API server gives it. */
export function prepareNode({ spec }: Node): void {
  delete spec?.configSource;
}

/** Text that a client wrote for convenience becomes data; it is never read back. */
export function setSecretDefaults(secret: Secret): void {
  secret.type ||= "Opaque";
  const { stringData } = secret;
  if (stringData === undefined) return;
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(text).toString("base64"),
  ]);
  secret.data = { ...secret.data, ...Object.fromEntries(encoded) };
  delete secret.stringData;
}

export function setEndpointsDefaults({ subsets = [] }: Endpoints): void {
  for (const { ports = [] } of subsets) for (const port of ports) port.protocol ||= "TCP";
}

/** Readers of Events count on these being there, even empty. */
export function setEventDefaults(event: Event): void {
  event.involvedObject ??= {};
  event.source ??= {};
  event.reportingComponent ??= "";
  event.reportingInstance ??= "";
}
