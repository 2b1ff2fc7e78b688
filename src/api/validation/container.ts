import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  required,
} from "../field-error.ts";
import { dns1123Label, portName, portNumber } from "../names.ts";
import type { Container, PodSpec } from "../object.ts";
import { isRestartable } from "../pod.ts";
import { each, oneOf, PROTOCOLS } from "./common.ts";
import { validateEnv, validateEnvFrom } from "./env.ts";
import { validateHooksAndProbes } from "./handler.ts";
import { validateDevices, validateMounts } from "./mount.ts";
import { validateTaken } from "./resource-claims.ts";
import { validateRequirements } from "./resources.ts";
import { validateRestart } from "./restart.ts";
import { validateContainerContext } from "./security.ts";
import type { Volumes } from "./volume.ts";

type Port = NonNullable<Container["ports"]>[number];

const PULL_POLICIES = ["Always", "IfNotPresent", "Never"] as const;
const MESSAGE_POLICIES = ["File", "FallbackToLogsOnError"] as const;

/** What the containers of a pod share. */
export interface PodContext {
  readonly volumes: Volumes;
  /** Names of the claims of devices that containers may take. */
  readonly claims: ReadonlySet<string>;
  readonly graceSeconds: number;
  /** False where the pod has users of its own. */
  readonly hostUsers: boolean;
  readonly restartPolicy: string | undefined;
}

/** Errors of a pod's containers, then those of its init containers. */
export function validateContainers(spec: PodSpec, path: string, pod: PodContext): FieldError[] {
  const containers = spec.containers ?? [];
  if (containers.length === 0) return [required(`${path}.containers`)];
  const names = new Set<string>();
  const hostPorts = new Set<string>();
  const errors = each(containers, `${path}.containers`, (container, at) => {
    const found = validateCommon(container, at, pod);
    if (names.has(container.name)) found.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    found.push(...validateHooksAndProbes(container, at, pod.graceSeconds));
    found.push(...validateRestart(container, at));
    return found;
  });
  const conflicts = each(containers, `${path}.containers`, (container, at) =>
    validateHostPorts(container, at, hostPorts),
  );
  return [...errors, ...conflicts, ...validateInitContainers(spec, path, { ...pod, names })];
}

function validateInitContainers(
  spec: PodSpec,
  path: string,
  { names, ...pod }: PodContext & { names: Set<string> },
): FieldError[] {
  return each(spec.initContainers, `${path}.initContainers`, (container, at) => {
    const errors = validateCommon(container, at, pod);
    const { name, resizePolicy } = container;
    errors.push(...validateRestart(container, at));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else if (name) names.add(name);
    errors.push(...validateHostPorts(container, at, new Set()));
    if (isRestartable(container)) {
      return [...errors, ...validateHooksAndProbes(container, at, pod.graceSeconds)];
    }
    for (const field of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const) {
      if (container[field] === undefined) continue;
      const detail = "may not be set for init containers without restartPolicy=Always";
      errors.push(forbidden(`${at}.${field}`, detail));
    }
    return [...errors, ...validateNoRestart(resizePolicy, `${at}.resizePolicy`)];
  });
}

function validateNoRestart(policies: Container["resizePolicy"], path: string): FieldError[] {
  return each(policies, path, ({ restartPolicy: value }, at) => {
    if (value !== "RestartContainer") return [];
    const detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
    return [invalid(`${at}.restartPolicy`, { value, detail })];
  });
}

/** Errors of the image of a pod's container, which a template may still name carelessly. */
export function validateImage({ image = "" }: { image?: string }, path: string): FieldError[] {
  if (image.trim() === image) return [];
  const detail = "must not have leading or trailing whitespace";
  return [invalid(`${path}.image`, { value: image, detail })];
}

/** Errors of what containers of all sorts have. */
export function validateCommon(
  container: Container,
  path: string,
  { volumes, claims, hostUsers, restartPolicy }: PodContext,
): FieldError[] {
  const { name, image, imagePullPolicy, terminationMessagePolicy } = container;
  const errors = name
    ? invalidAll(`${path}.name`, { value: name, details: dns1123Label(name) })
    : [required(`${path}.name`)];
  if (!image) errors.push(required(`${path}.image`));
  return [
    ...errors,
    ...oneOf(`${path}.terminationMessagePolicy`, {
      value: terminationMessagePolicy,
      supported: MESSAGE_POLICIES,
    }),
    ...validatePorts(container.ports, `${path}.ports`),
    ...validateEnv(container.env, `${path}.env`),
    ...validateEnvFrom(container.envFrom, `${path}.envFrom`),
    ...validateMounts(container, `${path}.volumeMounts`, volumes),
    ...validateDevices(container, `${path}.volumeDevices`, volumes),
    ...oneOf(`${path}.imagePullPolicy`, { value: imagePullPolicy, supported: PULL_POLICIES }),
    ...validateRequirements(container.resources, `${path}.resources`),
    ...validateTaken(container.resources?.claims, `${path}.resources.claims`, claims),
    ...validateResizePolicy(container.resizePolicy, `${path}.resizePolicy`, restartPolicy),
    ...validateContainerContext(container.securityContext, `${path}.securityContext`, hostUsers),
  ];
}

function validatePorts(ports: readonly Port[] | undefined, path: string): FieldError[] {
  const names = new Set<string>();
  return each(ports, path, ({ name, containerPort, hostPort, protocol }, at) => {
    const errors: FieldError[] = [];
    if (name) {
      const details = portName(name);
      errors.push(...invalidAll(`${at}.name`, { value: name, details }));
      if (details.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    if (!containerPort) errors.push(required(`${at}.containerPort`));
    for (const [field, value] of Object.entries({ containerPort, hostPort })) {
      if (!value) continue;
      errors.push(...invalidAll(`${at}.${field}`, { value, details: portNumber(value) }));
    }
    errors.push(...oneOf(`${at}.protocol`, { value: protocol, supported: PROTOCOLS }));
    return errors;
  });
}

function validateHostPorts({ ports }: Container, path: string, taken: Set<string>): FieldError[] {
  return each(ports, `${path}.ports`, ({ hostPort, hostIP = "", protocol }, at) => {
    if (!hostPort) return [];
    const id = `${protocol}/${hostIP}/${hostPort}`;
    if (taken.has(id)) return [duplicate(`${at}.hostPort`, id)];
    taken.add(id);
    return [];
  });
}

/** Errors of what a change of its resources does to a container. */
function validateResizePolicy(
  policies: Container["resizePolicy"],
  path: string,
  podRestart: string | undefined,
): FieldError[] {
  const names = new Set<string>();
  return each(policies, path, ({ resourceName, restartPolicy: value }, at) => {
    const errors = names.has(resourceName) ? [duplicate(at, resourceName)] : [];
    names.add(resourceName);
    errors.push(
      ...oneOf(path, { value: resourceName, supported: ["cpu", "memory"] }),
      ...oneOf(path, { value, supported: ["NotRequired", "RestartContainer"] }),
    );
    if (podRestart !== "Never" || value === "NotRequired") return errors;
    const detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
    return [...errors, invalid(path, { value, detail })];
  });
}
