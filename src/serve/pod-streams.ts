import { type FieldError, forbidden, invalid } from "#api/field-error.ts";
import type { Item } from "#api/item.ts";
import type { ExecRequest, LogRequest, StreamTarget } from "#api/node-streams.ts";
import type { Pod } from "#api/object.ts";
import { PODS } from "#api/resources.ts";
import { badRequest, invalidObject } from "#api/status.ts";
import type { Call } from "./call.ts";
import { namedTarget } from "./handlers/target.ts";
import { flag, integer } from "./query.ts";
import type { PortForwardCall } from "./stream-call.ts";

/**
 * What an exec, attach or port-forward request is for.
 * @throws StatusError 404 for an unknown pod, 400 for a container that cannot be meant.
 */
export async function streamOf(call: Call): Promise<ExecRequest | PortForwardCall> {
  const { query, path } = call;
  const pod = await podOf(call);
  const isForward = path.subresource === "portforward";
  const container = isForward ? "" : containerOf(pod, query);
  if (!pod.spec?.nodeName) throw badRequest(`pod ${path.name} does not have a host assigned`);
  const target = targetOf(pod);
  if (isForward) {
    const ports = query.getAll("ports").flatMap((list) => list.split(",").map(portOf));
    await admit(call, { kind: "PodPortForwardOptions", ...(ports.length > 0 && { ports }) });
    return { ...target, kind: "portforward", ports };
  }
  const kind = path.subresource === "attach" ? "attach" : "exec";
  const streams = {
    stdin: flag(query, "stdin"),
    // client-go's older clients leave out what they take for granted.
    stdout: flag(query, "stdout"),
    stderr: flag(query, "stderr"),
    tty: flag(query, "tty"),
  };
  if (!(streams.stdin || streams.stdout || streams.stderr)) {
    throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
  }
  const command = kind === "exec" ? query.getAll("command") : [];
  if (kind === "exec" && command.length === 0) throw badRequest("you must specify a command");
  await admit(call, {
    kind: kind === "exec" ? "PodExecOptions" : "PodAttachOptions",
    ...streams,
    container,
    ...(kind === "exec" && { command }),
  });
  return { ...target, kind, container, command, ...streams };
}

/** @throws StatusError where admission refuses the connection. */
async function admit(call: Call, options: object): Promise<void> {
  await call.verbs.connect?.(namedTarget(call), Object.assign({ apiVersion: "v1" }, options));
}

/** What a log request is for; `undefined` while the pod is on no node. */
export async function logRequestOf(call: Call): Promise<LogRequest | undefined> {
  const { query, path } = call;
  const options = logOptions(query, path.name ?? "");
  const pod = await podOf(call);
  const container = containerOf(pod, query);
  if (!pod.spec?.nodeName) return undefined;
  return { ...targetOf(pod), kind: "logs", container, ...options };
}

async function podOf(call: Call): Promise<Pod> {
  const item: Item<Pod> = await call.verbs.get({ ...namedTarget(call), resource: PODS });
  return item.value;
}

function targetOf({ metadata }: Pod): StreamTarget {
  const { namespace = "", name = "", uid = "" } = metadata ?? {};
  return { namespace, pod: name, uid };
}

/** The container that is named, or the only one there is. */
function containerOf({ spec, metadata }: Pod, query: URLSearchParams): string {
  const namesOf = (list: readonly { name: string }[] = []): string[] =>
    list.map(({ name }) => name);
  const names = namesOf(spec?.containers);
  const initNames = namesOf(spec?.initContainers);
  const asked = query.get("container") ?? "";
  const pod = metadata?.name ?? "";
  if (asked !== "") {
    if ([...names, ...initNames, ...namesOf(spec?.ephemeralContainers)].includes(asked))
      return asked;
    throw badRequest(`container ${asked} is not valid for pod ${pod}`);
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  const init =
    initNames.length > 0 ? ` or one of the init containers: [${initNames.join(" ")}]` : "";
  throw badRequest(
    `a container name must be specified for pod ${pod}, choose one of: [${names.join(" ")}]${init}`,
  );
}

type LogOptions = Omit<LogRequest, keyof StreamTarget | "kind" | "container">;

function logOptions(query: URLSearchParams, name: string): LogOptions {
  const errors: FieldError[] = [];
  const tailLines = atLeast({ query, name: "tailLines", least: 0 }, errors);
  const limitBytes = atLeast({ query, name: "limitBytes", least: 1 }, errors);
  const sinceSeconds = integer(query, "sinceSeconds");
  const sinceTime = query.get("sinceTime") || undefined;
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime))) {
    throw badRequest(`parsing time ${JSON.stringify(sinceTime)}: it is not RFC 3339`);
  }
  if (sinceTime !== undefined && sinceSeconds !== undefined) {
    errors.push(forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  } else {
    atLeast({ query, name: "sinceSeconds", least: 1 }, errors);
  }
  // behind a gate that is off in Kubernetes 1.36 (`PodLogsQuerySplitStreams`)
  if (query.has("stream")) errors.push(forbidden("stream", "may not be specified"));
  if (errors.length > 0) {
    const resource = { group: "", plural: "pods/log", kind: "PodLogOptions" };
    throw invalidObject({ resource, name }, errors);
  }
  return {
    follow: flag(query, "follow"),
    previous: flag(query, "previous"),
    timestamps: flag(query, "timestamps"),
    ...(sinceSeconds !== undefined && { sinceSeconds }),
    ...(sinceTime !== undefined && { sinceTime }),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
  };
}

function atLeast(
  { query, name, least }: { query: URLSearchParams; name: string; least: number },
  errors: FieldError[],
): number | undefined {
  const value = integer(query, name);
  if (value === undefined || value >= least) return value;
  const detail = `must be greater than ${least === 0 ? "or equal to 0" : "0"}`;
  errors.push(invalid(name, { value, detail }));
  return undefined;
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw badRequest(`unable to parse ${JSON.stringify(text)} as a port`);
}
