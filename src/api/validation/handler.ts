import { type FieldError, forbidden, invalid, nonNegative, required } from "../field-error.ts";
import { httpHeaderName } from "../names.ts";
import type { Container, Probe } from "../object.ts";
import { oneOf, validatePort } from "./common.ts";

type Lifecycle = NonNullable<Container["lifecycle"]>;
type LifecycleHandler = NonNullable<Lifecycle["preStop"]>;
type HttpGet = NonNullable<Probe["httpGet"]>;
type Handler = Pick<Probe, "exec" | "httpGet" | "tcpSocket" | "grpc"> &
  Pick<LifecycleHandler, "sleep">;

function validateHttpGet({ path: url, port, scheme, httpHeaders }: HttpGet, path: string) {
  const errors: FieldError[] = url ? [] : [required(`${path}.path`)];
  errors.push(...validatePort(port, `${path}.port`));
  errors.push(...oneOf(`${path}.scheme`, { value: scheme, supported: ["HTTP", "HTTPS"] }));
  for (const { name } of httpHeaders ?? []) {
    for (const detail of httpHeaderName(name)) {
      errors.push(invalid(`${path}.httpHeaders`, { value: name, detail }));
    }
  }
  return errors;
}

/** Errors of what a probe or hook does: exactly one thing. */
function validateHandler(handler: Handler, path: string, graceSeconds: number): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const checks: readonly (readonly [string, boolean, () => FieldError[]])[] = [
    [
      "exec",
      exec !== undefined,
      () => (exec?.command?.length ? [] : [required(`${path}.exec.command`)]),
    ],
    [
      "httpGet",
      httpGet !== undefined,
      () => (httpGet ? validateHttpGet(httpGet, `${path}.httpGet`) : []),
    ],
    [
      "tcpSocket",
      tcpSocket !== undefined,
      () => validatePort(tcpSocket?.port, `${path}.tcpSocket.port`),
    ],
    ["grpc", grpc !== undefined, () => validatePort(grpc?.port, `${path}.grpc.port`)],
    ["sleep", sleep !== undefined, () => validateSleep(sleep?.seconds ?? 0, path, graceSeconds)],
  ];
  const [first, ...others] = checks.filter(([, given]) => given);
  if (first === undefined) return [required(path, "must specify a handler type")];
  return [
    ...first[2](),
    ...others.map(([name]) =>
      forbidden(`${path}.${name}`, "may not specify more than 1 handler type"),
    ),
  ];
}

function validateSleep(seconds: number, path: string, graceSeconds: number): FieldError[] {
  if (seconds >= 0 && seconds <= graceSeconds) return [];
  const detail = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
  return [invalid(`${path}.sleep`, { value: seconds, detail })];
}

type ProbeName = "livenessProbe" | "readinessProbe" | "startupProbe";

function validateProbe(probe: Probe, path: string, graceSeconds: number): FieldError[] {
  const errors = validateHandler(probe, path, graceSeconds);
  for (const field of [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const) {
    errors.push(...nonNegative(`${path}.${field}`, probe[field]));
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    const detail = "must be greater than 0";
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, { value: grace, detail }));
  }
  return errors;
}

/** Errors of a container's hooks and probes. */
export function validateHooksAndProbes(
  container: Container,
  path: string,
  graceSeconds: number,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const hook of ["postStart", "preStop"] as const) {
    const handler = container.lifecycle?.[hook];
    if (handler)
      errors.push(...validateHandler(handler, `${path}.lifecycle.${hook}`, graceSeconds));
  }
  const names: readonly ProbeName[] = ["livenessProbe", "readinessProbe", "startupProbe"];
  for (const name of names) {
    const probe = container[name];
    if (probe === undefined) continue;
    errors.push(...validateProbe(probe, `${path}.${name}`, graceSeconds));
    errors.push(...validateRole(probe, `${path}.${name}`, name));
  }
  return errors;
}

/** Readiness may flap and must not set a grace period; the others count one success. */
function validateRole(probe: Probe, path: string, name: ProbeName): FieldError[] {
  const { successThreshold, terminationGracePeriodSeconds: grace } = probe;
  if (name !== "readinessProbe") {
    const value = successThreshold ?? 0;
    return value === 1 ? [] : [invalid(`${path}.successThreshold`, { value, detail: "must be 1" })];
  }
  if (grace === undefined) return [];
  const detail = "must not be set for readinessProbes";
  return [invalid(`${path}.terminationGracePeriodSeconds`, { value: grace, detail })];
}
