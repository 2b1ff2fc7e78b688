import { type FieldError, forbidden, invalid, notSupported } from "../field-error.ts";
import type { Container, PodSpec } from "../object.ts";
import { containerLimits, containerRequests, isOfPod } from "../pod-resources.ts";
import { Quantity } from "../quantity.ts";
import { isHugePages } from "../resource-name.ts";
import { each } from "./common.ts";
import { validateRequirements, validateResource } from "./resources.ts";

/** Errors of what a pod says of itself as a whole, also against what its containers say. */
export function validatePodResources(spec: PodSpec, path: string): FieldError[] {
  const { resources, os, containers } = spec;
  const at = `${path}.resources`;
  if (resources === undefined) return [];
  if (os?.name === "windows") return [forbidden(at, "may not be set for a windows pod")];
  const errors =
    resources.claims === undefined
      ? []
      : [forbidden(`${at}.claims`, "claims may not be set for Resources at pod-level")];
  return [
    ...errors,
    ...validateRequirements(resources, at, validateName),
    ...validateTotal(containerRequests(spec), { path: at, of: "requests", resources }),
    ...validateTotal(hugePages(containerLimits(spec)), { path: at, of: "limits", resources }),
    ...each(containers, `${at}.containers`, (container, where) =>
      validateLimits(container, where, resources.limits ?? {}),
    ),
  ];
}

function validateName(name: string, path: string): FieldError[] {
  const errors = validateResource(name, path);
  if (errors.length > 0 || isOfPod(name)) return errors;
  return [notSupported(path, { value: name, supported: ["cpu", "hugepages-", "memory"] })];
}

const hugePages = (amounts: ReadonlyMap<string, Quantity>) =>
  new Map([...amounts].filter(([name]) => isHugePages(name)));

/** The containers together keep within the pod. */
function validateTotal(
  total: ReadonlyMap<string, Quantity>,
  {
    path,
    of,
    resources,
  }: {
    path: string;
    of: "requests" | "limits";
    resources: NonNullable<PodSpec["resources"]>;
  },
): FieldError[] {
  return [...total].flatMap(([name, amount]) => {
    const ofPod = Quantity.tryParse(resources[of]?.[name] ?? "");
    if (ofPod === undefined || amount.compare(ofPod) <= 0) return [];
    const detail = `must be greater than or equal to aggregate container ${of} of ${amount}`;
    return [invalid(`${path}.${of}[${name}]`, { value: ofPod, detail })];
  });
}

/** The path is Kubernetes' own slip. */
function validateLimits(
  { resources }: Container,
  path: string,
  ofPod: Readonly<Record<string, string>>,
): FieldError[] {
  return Object.entries(resources?.limits ?? {}).flatMap(([name, amount]) => {
    const [limit, most] = [Quantity.tryParse(amount), Quantity.tryParse(ofPod[name] ?? "")];
    if (limit === undefined || most === undefined || limit.compare(most) <= 0) return [];
    const detail = `must be less than or equal to pod limits of ${most}`;
    return [invalid(`${path}[${name}].limits`, { value: limit, detail })];
  });
}
