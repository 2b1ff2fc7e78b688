import type { Pod, Service } from "#api/object.ts";
import { isReady, isTerminal, targetPort } from "#api/pod.ts";

/** A port as it is on one pod: `name` is the Service port's. */
export interface TargetPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly appProtocol?: string;
}

/** A pod behind a Service. */
export interface Backend {
  readonly pod: Pod;
  readonly address: string;
  readonly ports: readonly TargetPort[];
  /** Traffic may go there: it serves and is not ending, or the Service wants all. */
  readonly ready: boolean;
  /** It answers, even while it ends. */
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Its name within the Service's domain, where it has one. */
  readonly hostname?: string;
}

/** True for Services whose endpoints are ours to keep; others' belong to whoever made them. */
export function isSelecting({ spec }: Service): boolean {
  return spec?.type !== "ExternalName" && Object.keys(spec?.selector ?? {}).length > 0;
}

export function isHeadless({ spec }: Service): boolean {
  return spec?.clusterIP === "None";
}

/** The pods that a Service leads to, out of those that its selector matches. */
export function backendsOf(service: Service, pods: readonly Pod[]): Backend[] {
  const backends: Backend[] = [];
  for (const pod of pods) {
    const address = pod.status?.podIP ?? "";
    if (address === "" || isTerminal(pod)) continue;
    const serving = isReady(pod);
    const terminating = pod.metadata?.deletionTimestamp !== undefined;
    const all = service.spec?.publishNotReadyAddresses === true;
    const hostname = hostnameIn(service, pod);
    backends.push({
      pod,
      address,
      ports: portsOn(service, pod),
      ready: all || (serving && !terminating),
      serving,
      terminating,
      ...(hostname !== undefined && { hostname }),
    });
  }
  return backends;
}

function hostnameIn({ metadata }: Service, { spec }: Pod): string | undefined {
  return spec?.hostname && spec.subdomain === metadata?.name ? spec.hostname : undefined;
}

/** The Service's ports as numbers on this pod; one whose name the pod does not know is left out. */
function portsOn(service: Service, pod: Pod): TargetPort[] {
  const ports: TargetPort[] = [];
  for (const servicePort of service.spec?.ports ?? []) {
    const { name = "", protocol = "TCP", appProtocol } = servicePort;
    const port = targetPort(pod, servicePort);
    if (port === undefined) continue;
    ports.push({ name, protocol, port, ...(appProtocol !== undefined && { appProtocol }) });
  }
  return ports;
}

/** Backends by the ports they have in common; a named port may be another number on another pod. */
export function byPorts(backends: readonly Backend[]): Map<string, Backend[]> {
  return Map.groupBy(backends, ({ ports }) => JSON.stringify(ports));
}

/** What both kinds of endpoints say about their pod. */
export function targetRefOf({ metadata }: Pod) {
  const { namespace, name, uid } = metadata ?? {};
  return {
    kind: "Pod",
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(uid !== undefined && { uid }),
  };
}
