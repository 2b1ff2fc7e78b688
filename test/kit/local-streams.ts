import { connect, type Socket } from "node:net";
import type {
  DuplexStream,
  ExecRequest,
  ExecStream,
  NodeStreams,
  PortForwardRequest,
} from "#api/node-streams.ts";
import { badRequest } from "#api/status.ts";

/** A node whose pods are this machine: commands run here, ports are those of 127.0.0.1. */
export class LocalStreams implements NodeStreams {
  /** Processes and connections that were not ended yet. */
  readonly alive = new Set<object>();
  readonly #directory: string;

  constructor(options: { readonly directory: string }) {
    this.#directory = options.directory;
  }

  logs(): Promise<ReadableStream<Uint8Array>> {
    return Promise.reject(badRequest("This node has no logs"));
  }

  ask(): Promise<Response> {
    return Promise.reject(badRequest("This node has no agent"));
  }

  exec(request: ExecRequest, signal: AbortSignal): Promise<ExecStream> {
    // Nothing to attach to: a shell stands for the process of the container.
    const command =
      request.kind === "attach" ? ["sh", "-c", "read line; echo got $line"] : request.command;
    if (!Bun.which(command[0] ?? ""))
      return Promise.reject(new Error(`no such program: ${command[0]}`));
    const stream = request.tty ? this.#terminal(command, signal) : this.#pipes(command, signal);
    return Promise.resolve(stream);
  }

  portForward({ port }: PortForwardRequest, signal: AbortSignal): Promise<DuplexStream> {
    const { promise, resolve, reject } = Promise.withResolvers<DuplexStream>();
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    this.#keep(socket);
    socket.once("close", () => this.alive.delete(socket));
    socket.once("error", reject);
    socket.once("connect", () => resolve({ readable: reading(socket), writable: writing(socket) }));
    signal.addEventListener("abort", () => socket.destroy(), { once: true });
    return promise;
  }

  #keep(what: object): void {
    this.alive.add(what);
  }

  #pipes(command: readonly string[], signal: AbortSignal): ExecStream {
    const child = Bun.spawn([...command], {
      cwd: this.#directory,
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      signal,
      killSignal: "SIGKILL",
    });
    this.#keep(child);
    const exitCode = child.exited.finally(() => this.alive.delete(child));
    return {
      stdin: new WritableStream<Uint8Array>({
        write: async (bytes) => {
          await child.stdin.write(bytes);
          await child.stdin.flush();
        },
        close: () => void child.stdin.end(),
        abort: () => void child.stdin.end(),
      }),
      stdout: child.stdout,
      stderr: child.stderr,
      resize: () => undefined,
      exitCode,
    };
  }

  #terminal(command: readonly string[], signal: AbortSignal): ExecStream {
    const output = new TransformStream<Uint8Array, Uint8Array>();
    const writer = output.writable.getWriter();
    const outputEnded = Promise.withResolvers<void>();
    const child = Bun.spawn([...command], {
      cwd: this.#directory,
      terminal: {
        cols: 80,
        rows: 24,
        data: (_, bytes) => void writer.write(bytes),
        exit: () => outputEnded.resolve(),
      },
      signal,
    });
    const { terminal } = child;
    if (!terminal) throw new Error("There is no terminal");
    this.#keep(child);
    const exited = async (): Promise<number> => {
      const code = await child.exited;
      await outputEnded.promise;
      this.alive.delete(child);
      await writer.close();
      return code;
    };
    const exitCode = exited();
    return {
      stdin: new WritableStream<Uint8Array>({ write: (bytes) => void terminal.write(bytes) }),
      stdout: output.readable,
      resize: ({ width, height }) => terminal.resize(width, height),
      exitCode,
    };
  }
}

function reading(socket: Socket): ReadableStream<Uint8Array> {
  const chunks = socket[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => void socket.destroy(),
  });
}

function writing(socket: Socket): WritableStream<Uint8Array> {
  const drained = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  return new WritableStream<Uint8Array>({
    write: drained,
    close: () => void socket.end(),
    abort: () => void socket.destroy(),
  });
}
