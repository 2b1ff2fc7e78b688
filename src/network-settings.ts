import { existsSync } from "node:fs";
import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import { overlaps, parseCidr, sizeOf } from "#lib/cidr.ts";
import { explain, UserError } from "#lib/errors.ts";
import { addressAt6, parseCidr6 } from "#lib/ipv6.ts";
import { readRoutes } from "#linux/rtnetlink/routes.ts";
import { type NetworkPlan, planNetwork } from "#mesh/network-plan.ts";
import type { KeptSettings } from "./site-identity.ts";

const NAMES = ["podCIDR", "serviceCIDR", "gateway", "kubernetesServiceIP", "dnsAddress"] as const;
const SETTING = "network";
/** There as soon as the kernel can speak it. */
const IPV6 = "/proc/sys/net/ipv6";

/**
 * The address ranges of the site: chosen at its first start, the same ones from then on.
 * @throws {UserError} when the configuration asks for others than those that were kept, or for an IPv6
 * that pods cannot have.
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
    checkIPv6(plan, wanted.podCIDR6);
    await settings.set(SETTING, NAMES.map((name) => plan[name]).join(" "));
    return plan;
  }
  const [podCIDR = "", serviceCIDR = "", gateway = "", kubernetesServiceIP = "", dnsAddress = ""] =
    stored.split(" ");
  const plan: NetworkPlan = { podCIDR, serviceCIDR, gateway, kubernetesServiceIP, dnsAddress };
  checkIPv6(plan, wanted.podCIDR6);
  for (const name of ["podCIDR", "serviceCIDR", "dnsAddress"] as const) {
    if (wanted[name] === "" || wanted[name] === plan[name]) continue;
    throw new UserError(
      `network.${name}: this site was started with ${plan[name]} and keeps it; it cannot become ${wanted[name]}. Use another --data-dir, or 'edgesite reset' first`,
      { exitCode: 64 },
    );
  }
  return plan;
}

/** Each pod's second address lies where its first one does in its own range: that must be there. */
function checkIPv6({ podCIDR }: NetworkPlan, podCIDR6: string): void {
  if (podCIDR6 === "") return;
  const fail = (why: string): never => {
    throw new UserError(`network.podCIDR6: ${why}`, { exitCode: 64 });
  };
  if (!existsSync(IPV6)) fail("this kernel has no IPv6 (ipv6.disable=1?); leave it empty");
  const pods = parseCidr(podCIDR);
  const needs = 128 - (32 - pods.bits);
  try {
    addressAt6(parseCidr6(podCIDR6), sizeOf(pods) - 1);
  } catch (error) {
    fail(
      `${podCIDR6} holds no address for each of ${podCIDR}: ${explain(error)}; a range of /${needs} does`,
    );
  }
}
