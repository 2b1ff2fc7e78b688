import type { Container, Probe } from "../object.ts";
import { canonicalQuantity } from "../quantity.ts";
import { canonicalizeResources } from "./quantities.ts";

type EnvVarSource = NonNullable<NonNullable<Container["env"]>[number]["valueFrom"]>;
type FieldSource = Pick<EnvVarSource, "fieldRef" | "resourceFieldRef">;
type HttpGet = NonNullable<Probe["httpGet"]>;

/** Fills in what Kubernetes does in every container, also of a template. */
export function setContainerDefaults(container: Container): void {
  container.terminationMessagePath ||= "/dev/termination-log";
  container.terminationMessagePolicy ||= "File";
  container.imagePullPolicy ||= pullPolicyOf(container.image ?? "");
  container.resources ??= {};
  canonicalizeResources(container.resources);
  for (const port of container.ports ?? []) port.protocol ||= "TCP";
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom) setFieldSourceDefaults(valueFrom);
    if (valueFrom?.fileKeyRef) valueFrom.fileKeyRef.optional ??= false;
  }
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  for (const probe of [livenessProbe, readinessProbe, startupProbe]) setProbeDefaults(probe);
  for (const handler of [lifecycle?.postStart, lifecycle?.preStop]) {
    setHttpGetDefaults(handler?.httpGet);
  }
}

/** Fills in what a field of the downward API leaves open. */
export function setFieldSourceDefaults({ fieldRef, resourceFieldRef }: FieldSource): void {
  if (fieldRef) fieldRef.apiVersion ||= "v1";
  if (resourceFieldRef)
    resourceFieldRef.divisor = canonicalQuantity(resourceFieldRef.divisor || "0");
}

function setProbeDefaults(probe: Probe | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  setHttpGetDefaults(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= "";
}

function setHttpGetDefaults(action: HttpGet | undefined): void {
  if (action === undefined) return;
  action.path ||= "/";
  action.scheme ||= "HTTP";
}

const NAME_PART = "[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*";
const HOST = "(?:[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])(?::\\d+)?";
const IMAGE_MAX_LENGTH = 255;
/** The host where it is kept, its name, then tag and digest. */
const IMAGE = new RegExp(
  `^(?:${HOST}/)?${NAME_PART}(?:/${NAME_PART})*(?::(?<tag>\\w[\\w.-]{0,127}))?(?<digest>@[A-Za-z][\\w.+-]*:[0-9a-fA-F]{32,})?$`,
);

/**
 * `Always` for the tag `latest`, which is also that of an image with neither tag nor digest. What
 * is no name of an image has none.
 */
export function pullPolicyOf(image: string): "Always" | "IfNotPresent" {
  const found = IMAGE.exec(image)?.groups;
  if (found === undefined || image.length > IMAGE_MAX_LENGTH) return "IfNotPresent";
  const tag = found["tag"] ?? (found["digest"] === undefined ? "latest" : "");
  return tag === "latest" ? "Always" : "IfNotPresent";
}

/** What a container limits it also requests, unless it says otherwise. Pods only, not templates. */
export function setRequestsFromLimits({ resources }: Container): void {
  if (resources?.limits === undefined) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}
