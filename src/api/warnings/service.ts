import type { Service } from "../object.ts";
import { addressWarnings, networkWarnings } from "./address.ts";
import { warnEach } from "./scheduling.ts";

/** What is allowed in a Service but not wise, in Kubernetes' order. */
export function warnOfService({ metadata, spec }: Service): string[] {
  const { type, clusterIP, sessionAffinity, loadBalancerIP = "", externalIPs = [] } = spec ?? {};
  const isHeadless = type === "ClusterIP" && clusterIP === "None";
  const isExternal = type === "ExternalName";
  const hasIps = externalIPs.length > 0;
  const hasClusterIp = Boolean(clusterIP) && clusterIP !== "None";
  const when = (is: boolean, said: string): string[] => (is ? [said] : []);
  return [
    ...when(
      metadata?.annotations?.["service.kubernetes.io/topology-aware-hints"] !== undefined,
      "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead",
    ),
    ...warnEach(hasClusterIp ? spec?.clusterIPs : [], "spec.clusterIPs", addressWarnings),
    ...when(
      isHeadless && loadBalancerIP !== "",
      "spec.loadBalancerIP is ignored for headless services",
    ),
    ...when(isHeadless && hasIps, "spec.externalIPs is ignored for headless services"),
    ...when(
      isHeadless && sessionAffinity !== "None",
      "spec.SessionAffinity is ignored for headless services",
    ),
    ...warnEach(externalIPs, "spec.externalIPs", addressWarnings),
    ...when(
      hasIps && !isHeadless && !isExternal,
      "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    ),
    ...addressWarnings(loadBalancerIP, "spec.loadBalancerIP"),
    ...warnEach(spec?.loadBalancerSourceRanges, "spec.loadBalancerSourceRanges", networkWarnings),
    ...when(isExternal && hasIps, 'spec.externalIPs is ignored when spec.type is "ExternalName"'),
    ...when(
      !isExternal && Boolean(spec?.externalName),
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ),
    ...when(
      spec?.trafficDistribution === "PreferClose",
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ),
  ];
}
