import { isIP } from "node:net";
import { type FieldError, invalid } from "#api/field-error.ts";
import type { Service } from "#api/object.ts";

type Spec = NonNullable<Service["spec"]>;

/**
 * Settles in place which families a Service is of, in a cluster whose Services are of IPv4
 * (apiserver's `initIPFamilyFields`); answers what cannot be had.
 */
export function settleFamilies(spec: Spec): FieldError[] {
  const errors = contradictions(spec);
  if (errors.length > 0) return errors;
  const families = familiesOf(spec);
  if (isForAnything(spec)) {
    spec.ipFamilyPolicy ??= "RequireDualStack";
    const [first = "IPv4"] = families;
    const isDual = spec.ipFamilyPolicy !== "SingleStack" && families.length < 2;
    spec.ipFamilies = isDual ? [first, otherOf(first)] : families;
    return [];
  }
  spec.ipFamilies = families;
  spec.ipFamilyPolicy ??= "SingleStack";
  return unavailable(spec);
}

/** What is asked for, in words or by addresses. */
function familiesOf({ ipFamilies = [], clusterIPs = [] }: Spec): string[] {
  const addresses = clusterIPs.slice(ipFamilies.length).filter((ip) => ip !== "None");
  const families = [...ipFamilies, ...addresses.map((ip) => (isIP(ip) === 6 ? "IPv6" : "IPv4"))];
  return families.length > 0 ? families : ["IPv4"];
}

/** Nothing is allocated for it, and whoever writes its endpoints may have both families. */
function isForAnything({ clusterIPs = [], selector = {} }: Spec): boolean {
  return clusterIPs[0] === "None" && Object.keys(selector).length === 0;
}

const otherOf = (family: string): string => (family === "IPv6" ? "IPv4" : "IPv6");

/** Two of something need a policy that speaks of two. */
function contradictions({ clusterIPs = [], ipFamilies = [], ipFamilyPolicy }: Spec): FieldError[] {
  if (ipFamilyPolicy !== undefined && ipFamilyPolicy !== "SingleStack") return [];
  return (["ipFamilies", "clusterIPs"] as const)
    .filter((field) => (field === "ipFamilies" ? ipFamilies : clusterIPs).length === 2)
    .map((field) => {
      const detail = `must be 'RequireDualStack' or 'PreferDualStack' when multiple '${field}' are specified`;
      return invalid("spec.ipFamilyPolicy", { value: ipFamilyPolicy ?? null, detail });
    });
}

function unavailable({ ipFamilies = [], ipFamilyPolicy }: Spec): FieldError[] {
  const errors: FieldError[] = [];
  if (ipFamilyPolicy === "RequireDualStack") {
    const detail = "this cluster is not configured for dual-stack services";
    errors.push(invalid("spec.ipFamilyPolicy", { value: ipFamilyPolicy, detail }));
  }
  for (const [index, value] of ipFamilies.entries()) {
    if (value === "IPv4") continue;
    const detail = "not configured on this cluster";
    errors.push(invalid(`spec.ipFamilies[${index}]`, { value, detail }));
  }
  return errors;
}
