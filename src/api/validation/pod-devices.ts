import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  notSupported,
  required,
  tooLong,
} from "../field-error.ts";
import { dns1123Label, dns1123Subdomain } from "../names.ts";
import type { Container, ContainerStatus, PodSpec, PodStatus } from "../object.ts";
import { allContainers } from "../pod.ts";
import { each } from "./common.ts";

type Mapping = NonNullable<PodStatus["extendedResourceClaimStatus"]>["requestMappings"][number];
type Allocated = NonNullable<ContainerStatus["allocatedResourcesStatus"]>[number];
type Device = NonNullable<Allocated["resources"]>[number];

const HEALTH: readonly string[] = ["Healthy", "Unhealthy", "Unknown"];
const HEALTH_MESSAGE_MAX_BYTES = 1024;

/** Errors of the claim that the scheduler made for a pod's extended resources. */
export function validateExtendedClaim(status: PodStatus, spec: PodSpec): FieldError[] {
  const { extendedResourceClaimStatus: claim } = status;
  if (claim === undefined) return [];
  const path = "status.extendedResourceClaimStatus";
  const { requestMappings: mappings = [], resourceClaimName: value = "" } = claim;
  const containers = allContainers(spec);
  const seen = new Set<string>();
  return [
    ...(mappings.length === 0
      ? [required(`${path}.requestMappings`, "at least one request mapping is required")]
      : []),
    ...each(mappings, `${path}.requestMappings`, (mapping, at) => {
      const id = JSON.stringify([mapping.containerName, mapping.resourceName, mapping.requestName]);
      const isTwice = seen.has(id);
      seen.add(id);
      const container = containers.find(({ name }) => name === mapping.containerName);
      const { requestName } = mapping;
      return [
        ...validateMapped(mapping, container, at),
        // the path is Kubernetes' own slip
        ...invalidAll(`${path}.requestName`, {
          value: requestName,
          details: dns1123Label(requestName),
        }),
        ...(isTwice ? twice(mapping, at) : []),
      ];
    }),
    ...(value === ""
      ? [required(`${path}.resourceClaimName`)]
      : invalidAll(`${path}.resourceClaimName`, { value, details: dns1123Subdomain(value) })),
  ];
}

function validateMapped(
  { containerName, resourceName: value }: Mapping,
  container: Container | undefined,
  path: string,
): FieldError[] {
  if (container === undefined) {
    const detail =
      "must match the name of an entry in spec.initContainers.name or spec.containers.name";
    return [invalid(`${path}.containerName`, { value: containerName, detail })];
  }
  if (Object.hasOwn(container.resources?.requests ?? {}, value)) return [];
  const detail =
    "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests";
  return [invalid(`${path}.resourceName`, { value, detail })];
}

function twice(mapping: Mapping, path: string): FieldError[] {
  return (["containerName", "resourceName", "requestName"] as const).map((field) =>
    duplicate(`${path}.${field}`, mapping[field]),
  );
}

/** Errors of what a node says of the devices of containers: guests of a pod have none. */
export function validateDevices(status: PodStatus, spec: PodSpec): FieldError[] {
  const of = (list: "containerStatuses" | "initContainerStatuses", containers: Container[]) =>
    each(status[list], `status.${list}`, ({ name, allocatedResourcesStatus }, path) => {
      const container = containers.find((one) => one.name === name);
      return each(allocatedResourcesStatus, `${path}.allocatedResourcesStatus`, (one, at) => [
        ...(container ? validateAsked(one.name, container, `${at}.name`) : []),
        ...validateHealth(one.resources, `${at}.resources`),
      ]);
    });
  return [
    ...of("containerStatuses", spec.containers),
    ...of("initContainerStatuses", spec.initContainers ?? []),
    ...each(status.ephemeralContainerStatuses, "status.ephemeralContainerStatuses", (one, at) =>
      one.allocatedResourcesStatus?.length
        ? [forbidden(`${at}.allocatedResourcesStatus`, "must not be specified in container status")]
        : [],
    ),
  ];
}

/** A container has what it asked for: a resource by name, or `claim:NAME/REQUEST`. */
function validateAsked(value: string, { resources }: Container, path: string): FieldError[] {
  if (!value.startsWith("claim:")) {
    if (Object.hasOwn(resources?.requests ?? {}, value)) return [];
    return [
      invalid(path, { value, detail: "must match one of the container's resource requests" }),
    ];
  }
  const claims = (resources?.claims ?? []).map(({ name, request }) =>
    request ? `claim:${name}/${request}` : `claim:${name}`,
  );
  if (claims.includes(value)) return [];
  const detail =
    "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
  return [invalid(path, { value, detail })];
}

function validateHealth(devices: readonly Device[] | undefined, path: string): FieldError[] {
  const seen = new Set<string>();
  return each(devices, path, ({ resourceID, health = "", message }, at) => {
    const errors: FieldError[] = [];
    if (!HEALTH.includes(health)) {
      errors.push(notSupported(`${at}.health`, { value: health, supported: HEALTH }));
    }
    if (message === "") {
      errors.push(required(`${at}.message`, "must be non-empty if specified"));
    } else if (Buffer.byteLength(message ?? "") > HEALTH_MESSAGE_MAX_BYTES) {
      errors.push(tooLong(`${at}.message`, HEALTH_MESSAGE_MAX_BYTES));
    }
    if (seen.has(resourceID)) errors.push(duplicate(`${at}.resourceID`, resourceID));
    seen.add(resourceID);
    return errors;
  });
}
