import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import { overlaps, parseCidr } from "#lib/cidr.ts";
import { UserError } from "#lib/errors.ts";
import { readRoutes } from "#linux/rtnetlink/routes.ts";
import { type NetworkPlan, planNetwork } from "#mesh/network-plan.ts";
import type { KeptSettings } from "./site-identity.ts";

const NAMES = ["podCIDR", "serviceCIDR", "gateway", "kubernetesServiceIP", "dnsAddress"] as const;
const SETTING = "network";

/**
 * The address ranges of the site: chosen at its first start, the same ones from then on.
 * @throws {UserError} when the configuration asks for others than those that were kept.
 */
export async function networkOf(
  settings: KeptSettings,
  wanted: EdgeSiteConfig["network"],
): Promise<NetworkPlan> {
  const stored = settings.get(SETTING);
  if (stored === undefined) {
    const plan = planNetwork(readRoutes(), {
      ...(wanted.podCIDR !== "" && { podCIDR: wanted.podCIDR }),
      ...(wanted.serviceCIDR !== "" && { serviceCIDR: wanted.serviceCIDR }),
      ...(wanted.dnsAddress !== "" && { dnsAddress: wanted.dnsAddress }),
    });
    if (overlaps(parseCidr(plan.podCIDR), parseCidr(plan.serviceCIDR))) {
      throw new UserError(
        `network: podCIDR ${plan.podCIDR} and serviceCIDR ${plan.serviceCIDR} have addresses in common: choose ranges that have not`,
        { exitCode: 64 },
      );
    }
    await settings.set(SETTING, NAMES.map((name) => plan[name]).join(" "));
    return plan;
  }
  const [podCIDR = "", serviceCIDR = "", gateway = "", kubernetesServiceIP = "", dnsAddress = ""] =
    stored.split(" ");
  const plan: NetworkPlan = { podCIDR, serviceCIDR, gateway, kubernetesServiceIP, dnsAddress };
  for (const name of ["podCIDR", "serviceCIDR", "dnsAddress"] as const) {
    if (wanted[name] === "" || wanted[name] === plan[name]) continue;
    throw new UserError(
      `network.${name}: this site was started with ${plan[name]} and keeps it; it cannot become ${wanted[name]}. Use another --data-dir, or 'edgesite reset' first`,
      { exitCode: 64 },
    );
  }
  return plan;
}
