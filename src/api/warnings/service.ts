import type { Service } from "../object.ts";

/** What is allowed in a Service but not wise. */
export function warnOfService({ metadata, spec }: Service): string[] {
  const { type, clusterIP, sessionAffinity, loadBalancerIP, externalIPs = [] } = spec ?? {};
  const isHeadless = type === "ClusterIP" && clusterIP === "None";
  const isExternal = type === "ExternalName";
  const hasIps = externalIPs.length > 0;
  const warnings: readonly (readonly [when: boolean, said: string])[] = [
    [
      metadata?.annotations?.["service.kubernetes.io/topology-aware-hints"] !== undefined,
      "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead",
    ],
    [isHeadless && Boolean(loadBalancerIP), "spec.loadBalancerIP is ignored for headless services"],
    [isHeadless && hasIps, "spec.externalIPs is ignored for headless services"],
    [
      isHeadless && sessionAffinity !== "None",
      "spec.SessionAffinity is ignored for headless services",
    ],
    [
      hasIps && !isHeadless && !isExternal,
      "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    ],
    [isExternal && hasIps, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [
      !isExternal && Boolean(spec?.externalName),
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ],
    [
      spec?.trafficDistribution === "PreferClose",
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  ];
  return warnings.filter(([when]) => when).map(([, said]) => said);
}
