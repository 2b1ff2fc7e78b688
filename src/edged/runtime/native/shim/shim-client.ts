import { abortable, abortReason } from "#lib/abort.ts";
import { SystemCallError } from "#linux/libc.ts";
import type { Steps } from "#linux/steps.ts";
import { HOST_ARCH } from "#linux/syscalls.ts";
import {
  type ContainerState,
  decodeMessage,
  encodeRequest,
  type LeadRequest,
  leadBody,
  REQUEST,
  type Request,
  type ShimMessage,
  type StartRequest,
  sizeBody,
  smallBody,
  startBody,
} from "./protocol.ts";
import { ShimConnection } from "./shim-connection.ts";

/** What a shim tells by itself, as it happens. */
export interface ShimListener {
  /** A container runs that a client before this one asked for. */
  started(container: ContainerState): void;
  /** It may come before the promise of `start` has settled. */
  exited(container: ContainerState): void;
  /** The connection is over without `close`: the shim is gone, or another client took this one's place. */
  lost(): void;
}

/** The shim is not there, or not any more. */
export class ShimLost extends Error {
  override readonly name = "ShimLost";
}

interface Waiting {
  readonly resolve: (container: ContainerState) => void;
  readonly reject: (error: Error) => void;
  /** What the request was to do. */
  readonly what: string;
  readonly steps: Steps | undefined;
}

interface Asked {
  readonly what: string;
  readonly steps?: Steps;
}

/** Of the messages; another shim's client is another program. */
const PROTOCOL = 1;

/**
 * The client of a pod's shim. Whoever connects takes the place of the client before. When a call is
 * aborted it stops waiting, and what it asked for goes on: whoever connects next is told what came
 * of it.
 */
export class ShimClient implements Disposable {
  readonly #listener: ShimListener;
  readonly #connection = new ShimConnection({
    message: (view) => this.#hear(decodeMessage(view)),
    closed: () => this.#lose(),
  });
  readonly #waiting = new Map<number, Waiting>();
  readonly #greeted = Promise.withResolvers<void>();
  readonly #containers: ContainerState[] = [];
  #expected: number | undefined;
  #pid = 0;
  #startsBeside = false;
  #serial = 0;
  #closed = false;

  private constructor(listener: ShimListener) {
    this.#listener = listener;
    // Somebody waits for it only while connecting.
    this.#greeted.promise.catch(() => undefined);
  }

  /**
   * Connects, and resolves when the shim has told what it has.
   * @throws ShimLost when nobody answers on the socket.
   */
  static async connect(
    socketPath: string,
    listener: ShimListener,
    signal: AbortSignal,
  ): Promise<ShimClient> {
    if (signal.aborted) throw abortReason(signal);
    const client = new ShimClient(listener);
    try {
      await client.#connection.open(socketPath).catch((cause: unknown) => {
        throw new ShimLost(`Cannot connect to the shim at ${socketPath}`, { cause });
      });
      await abortable(client.#greeted.promise, signal);
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** The shim's own process, which is in the pod's namespaces. */
  get pid(): number {
    return this.#pid;
  }

  /** What there was on connecting: containers that run, and those that ended and are not forgotten. */
  get containers(): readonly ContainerState[] {
    return this.#containers;
  }

  /**
   * Starts a container and resolves when its steps have succeeded.
   * @throws StepFailure when a step failed; SystemCallError when the shim could not begin: EEXIST for a
   * key that it has, ENFILE beyond 1,024 containers, ECANCELED after `end`, ESRCH where the container
   * does not run that it is to live beside. Error when the shim is of a version before there was that.
   */
  async start(request: StartRequest, signal: AbortSignal): Promise<ContainerState> {
    const body = startBody(request, HOST_ARCH);
    const asked = { what: `start a container in ${request.directory}`, steps: request.steps };
    const beside = request.processesOf !== undefined;
    if (beside && !this.#startsBeside) {
      throw new Error(
        "the pod was started by an earlier edgesite, which could not do this. Delete it, and try with the one that takes its place",
      );
    }
    const kind = beside ? REQUEST.startBeside : REQUEST.start;
    return this.#ask({ kind, key: request.key, body }, asked, signal);
  }

  /**
   * Starts a process without output that is the first one in a process namespace of its own, and has
   * every container which starts later live there too. The steps end with `pause`.
   */
  sharePids(request: LeadRequest, signal: AbortSignal): Promise<ContainerState> {
    const body = leadBody(request, HOST_ARCH);
    const asked = { what: "share a process namespace", steps: request.steps };
    return this.#ask({ kind: REQUEST.start, key: request.key, body }, asked, signal);
  }

  /** @throws SystemCallError: ENOENT for a key that it does not have, ESRCH when the container has ended. */
  async signal(key: bigint, signalNumber: number, signal: AbortSignal): Promise<void> {
    const request = { kind: REQUEST.signal, key, body: smallBody(signalNumber) };
    await this.#ask(request, { what: `send signal ${signalNumber} to a container` }, signal);
  }

  /** Ends a container's input once all that was written into its FIFO is read and all writers are gone. */
  async closeStdin(key: bigint, signal: AbortSignal): Promise<void> {
    const request = { kind: REQUEST.closeStdin, key, body: smallBody() };
    await this.#ask(request, { what: "close the input of a container" }, signal);
  }

  /** @throws SystemCallError: ENOTTY for a container without a terminal. */
  async resize(
    key: bigint,
    size: { readonly rows: number; readonly columns: number },
    signal: AbortSignal,
  ): Promise<void> {
    const request = { kind: REQUEST.resize, key, body: sizeBody(size) };
    await this.#ask(request, { what: "resize the terminal of a container" }, signal);
  }

  /** Lets the shim forget a container that has ended; one that it does not have is fine. */
  async forget(key: bigint, signal: AbortSignal): Promise<void> {
    const request = { kind: REQUEST.forget, key, body: smallBody() };
    await this.#ask(request, { what: "forget a container" }, signal);
  }

  /** Kills all that the shim is a parent of, and resolves when nothing is left and the shim ends too. */
  async end(signal: AbortSignal): Promise<void> {
    const request = { kind: REQUEST.end, key: 0n, body: smallBody() };
    await this.#ask(request, { what: "end a sandbox" }, signal);
    this.close();
  }

  /** Leaves the shim alone with its containers. */
  close(): void {
    this.#closed = true;
    this.#connection.close();
    this.#fail(new ShimLost("The connection to the shim was closed"));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #ask(request: Request, asked: Asked, signal: AbortSignal): Promise<ContainerState> {
    if (signal.aborted) throw abortReason(signal);
    if (this.#closed)
      throw new ShimLost(`Cannot ${asked.what}: the connection to the shim is closed`);
    this.#serial = (this.#serial + 1) >>> 0;
    const serial = this.#serial;
    const { promise, resolve, reject } = Promise.withResolvers<ContainerState>();
    this.#waiting.set(serial, { what: asked.what, steps: asked.steps, resolve, reject });
    try {
      this.#connection.send(encodeRequest(request, serial));
      return await abortable(promise, signal);
    } finally {
      this.#waiting.delete(serial);
    }
  }

  #hear(message: ShimMessage): void {
    switch (message.kind) {
      case "hello":
        return this.#greet(message);
      case "container":
        return this.#hearOf(message.container);
      case "exit":
        return this.#listener.exited(message.container);
      case "reply":
        return this.#settle(message);
    }
  }

  #greet(hello: Extract<ShimMessage, { kind: "hello" }>): void {
    const { protocol, pid, containers, startsBeside } = hello;
    this.#pid = pid;
    this.#startsBeside = startsBeside;
    this.#expected = containers;
    if (protocol !== PROTOCOL) {
      this.#greeted.reject(new ShimLost(`The shim speaks protocol ${protocol}, not ${PROTOCOL}`));
    } else if (containers === 0) {
      this.#greeted.resolve();
    }
  }

  #hearOf(container: ContainerState): void {
    if (this.#containers.length === this.#expected) return this.#listener.started(container);
    this.#containers.push(container);
    if (this.#containers.length === this.#expected) this.#greeted.resolve();
  }

  #settle({ serial, errno, step, container }: Extract<ShimMessage, { kind: "reply" }>): void {
    const waiting = this.#waiting.get(serial);
    if (waiting === undefined) return;
    if (errno === 0) waiting.resolve(container);
    else if (step !== undefined && waiting.steps !== undefined) {
      waiting.reject(waiting.steps.failure({ step, errno }));
    } else waiting.reject(new SystemCallError(waiting.what, errno));
  }

  #lose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fail(new ShimLost("The shim closed the connection"));
    this.#listener.lost();
  }

  #fail(reason: ShimLost): void {
    this.#greeted.reject(reason);
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}
