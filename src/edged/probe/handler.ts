import type { Container, Probe } from "#api/object.ts";
import { abortReason, sleep } from "#lib/abort.ts";
import { explain } from "#lib/errors.ts";
import { EngineUnreachable, type Runtime } from "../runtime/runtime.ts";
import { type DialResult, dialHttp, dialTcp } from "./dial.ts";

type LifecycleHandler = NonNullable<NonNullable<Container["lifecycle"]>["postStart"]>;
/** What probes and hooks have in common. */
export type Handler = Pick<LifecycleHandler, "exec" | "httpGet" | "tcpSocket" | "sleep"> &
  Pick<Probe, "grpc">;

export interface HandlerTarget {
  readonly runtime: Pick<Runtime, "run">;
  readonly containerId: string;
  readonly container: Container;
  /** Absent: not known yet. */
  readonly podIP: string | undefined;
}

/** Runs a hook's handler once; whatever goes wrong, but an engine that is away, is its failure. */
export async function runHook(
  handler: Handler,
  target: HandlerTarget,
  signal: AbortSignal,
): Promise<DialResult> {
  try {
    return await runHandler(handler, target, signal);
  } catch (error) {
    if (error instanceof EngineUnreachable) throw error;
    return { success: false, message: explain(error) };
  }
}

/**
 * Runs a probe's handler once. Running out of time is a failure.
 * @throws when a command could not be run at all: that says nothing about the container.
 */
export async function runHandler(
  handler: Handler,
  target: HandlerTarget,
  signal: AbortSignal,
): Promise<DialResult> {
  const { exec, httpGet, tcpSocket, sleep: pause, grpc } = handler;
  if (exec) return runExec(exec.command ?? [], target, signal);
  const host = httpGet?.host || tcpSocket?.host || target.podIP;
  if (host === undefined) throw new Error("The pod is not on the network yet");
  try {
    if (httpGet) {
      const { scheme = "HTTP", port, path = "/", httpHeaders = [] } = httpGet;
      const address = `${host}:${portOf(target.container, port)}`;
      const rooted = path.startsWith("/") ? path : `/${path}`;
      const url = new URL(`${scheme.toLowerCase()}://${address}${rooted}`);
      return await dialHttp({ url, headers: httpHeaders }, signal);
    }
    if (tcpSocket) {
      const port = portOf(target.container, tcpSocket.port);
      return await dialTcp({ host, port }, signal);
    }
    if (pause) {
      await sleep((pause.seconds ?? 0) * 1000, signal);
      return { success: true, message: "" };
    }
    const what = grpc ? "gRPC handlers are not supported by this node yet" : "missing handler";
    return { success: false, message: what };
  } catch (error) {
    return { success: false, message: explain(signal.aborted ? abortReason(signal) : error) };
  }
}

async function runExec(
  command: readonly string[],
  { runtime, containerId }: HandlerTarget,
  signal: AbortSignal,
): Promise<DialResult> {
  try {
    const { exitCode, output } = await runtime.run(containerId, command, signal);
    return { success: exitCode === 0, message: output };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { success: false, message: explain(abortReason(signal)) };
  }
}

function portOf({ ports = [] }: Container, port: string | number): number {
  if (typeof port === "number") return port;
  const named = ports.find(({ name }) => name === port)?.containerPort;
  const number = named ?? Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    throw new Error(`couldn't find port: ${JSON.stringify(port)}`);
  }
  return number;
}
