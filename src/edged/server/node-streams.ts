import type {
  DuplexStream,
  ExecRequest,
  ExecStream,
  LogRequest,
  NodeStreams,
  PortForwardRequest,
  StreamTarget,
} from "#api/node-streams.ts";
import { badRequest, internalError, StatusError, serviceUnavailable } from "#api/status.ts";
import { liveSandbox, reportedStatus } from "../pod/observed.ts";
import type { PodManager } from "../pod/pod-manager.ts";
import { containerNamed } from "../pod/pod-runner.ts";
import type { PodWorker } from "../pod/pod-worker.ts";
import { EngineUnreachable, type Runtime } from "../runtime/runtime.ts";
import type { LogOptions, RuntimeContainer } from "../runtime/types.ts";
import { limitBytes } from "./limit-bytes.ts";
import { dialInPod } from "./port-forward.ts";

export interface NodeStreamsOptions {
  readonly pods: Pick<PodManager, "find">;
  readonly runtime: Runtime;
  /** This node's name, for errors. */
  readonly node: string;
}

/** Logs, exec, attach and port-forward of this node's own pods, straight from the runtime. */
export function createNodeStreams({
  pods,
  runtime,
  node,
}: NodeStreamsOptions): Omit<NodeStreams, "ask"> {
  const workerOf = ({ namespace, pod, uid }: StreamTarget): PodWorker => {
    const worker = pods.find(uid);
    if (worker) return worker;
    throw new StatusError(`pod ${namespace}/${pod} is not on node ${node}`, {
      code: 404,
      reason: "NotFound",
    });
  };

  /** The runtime's failures as the API's. */
  const answer = async <T>(doing: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof StatusError) throw error;
      if (error instanceof EngineUnreachable) throw serviceUnavailable(error.message);
      throw internalError(doing, error);
    }
  };

  return {
    logs: (request, signal) =>
      answer(
        "reading a log",
        (async () => {
          const worker = workerOf(request);
          const { containers } = await runtime.inspect(worker.uid, signal);
          const container = logged(worker, containers, request);
          const log = await runtime.logs(container.id, logOptions(request), signal);
          return request.limitBytes === undefined ? log : limitBytes(log, request.limitBytes);
        })(),
      ),

    exec: (request, signal) =>
      answer(
        request.kind === "exec" ? "running a command" : "attaching to a container",
        (async (): Promise<ExecStream> => {
          const worker = workerOf(request);
          const { containers } = await runtime.inspect(worker.uid, signal);
          const { id } = running(worker, containers, request);
          return request.kind === "exec"
            ? runtime.exec(id, request, signal)
            : runtime.attach(id, request, signal);
        })(),
      ),

    portForward: (request, signal) =>
      answer(
        "forwarding a port",
        (async (): Promise<DuplexStream> => {
          const worker = workerOf(request);
          return dialInPod(await podProcess(runtime, worker, { request, signal }), signal);
        })(),
      ),
  };
}

async function podProcess(
  runtime: Runtime,
  worker: PodWorker,
  { request, signal }: { readonly request: PortForwardRequest; readonly signal: AbortSignal },
): Promise<{ readonly pid: number; readonly port: number }> {
  const pid = liveSandbox(await runtime.inspect(worker.uid, signal))?.pid;
  if (pid === undefined) throw badRequest(`pod ${request.pod} is not running`);
  return { pid, port: request.port };
}

function logged(
  worker: PodWorker,
  containers: readonly RuntimeContainer[],
  request: LogRequest,
): RuntimeContainer {
  const name = known(worker, request.container);
  const attempts = containers.filter((one) => one.name === name && one.state !== "created");
  const container = attempts[request.previous ? 1 : 0];
  if (container) return container;
  throw badRequest(
    request.previous
      ? `previous terminated container ${JSON.stringify(name)} in pod ${JSON.stringify(request.pod)} not found`
      : `container ${JSON.stringify(name)} in pod ${JSON.stringify(request.pod)} is waiting to start: ${waitingReason(worker, name)}`,
  );
}

function running(
  worker: PodWorker,
  containers: readonly RuntimeContainer[],
  request: ExecRequest,
): RuntimeContainer {
  const name = known(worker, request.container);
  const container = containers.find((one) => one.name === name && one.state === "running");
  if (container) return container;
  throw badRequest(`container ${JSON.stringify(name)} is not running`);
}

function known({ pod }: PodWorker, name: string): string {
  if (containerNamed(pod, name)) return name;
  throw badRequest(`container ${name} is not valid for pod ${pod.metadata?.name}`);
}

function waitingReason({ pod }: PodWorker, name: string): string {
  return reportedStatus(pod, name)?.state?.waiting?.reason ?? "ContainerCreating";
}

function logOptions({ follow, timestamps, previous, ...request }: LogRequest): LogOptions {
  const { sinceSeconds, sinceTime, tailLines } = request;
  const since =
    sinceSeconds === undefined
      ? sinceTime && new Date(sinceTime)
      : new Date(Date.now() - sinceSeconds * 1000);
  return {
    follow: follow && !previous,
    timestamps,
    ...(since && { since }),
    ...(tailLines !== undefined && { tailLines }),
  };
}
