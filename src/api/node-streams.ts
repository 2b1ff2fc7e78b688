/** Which container of which pod a stream is for; the pod is named by UID too, so that a namesake never answers. */
export interface StreamTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
}

export interface LogRequest extends StreamTarget {
  readonly kind: "logs";
  readonly container: string;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly sinceSeconds?: number;
  /** RFC 3339 */
  readonly sinceTime?: string;
  readonly tailLines?: number;
  readonly limitBytes?: number;
}

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

export interface ExecRequest extends StreamTarget {
  readonly kind: "exec" | "attach";
  readonly container: string;
  /** Program and arguments; empty for attach. */
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface PortForwardRequest extends StreamTarget {
  readonly kind: "portforward";
  /** A TCP port on the pod's own loopback. */
  readonly port: number;
}

/** A process in a container. Streams that were not asked for are absent; with a tty all output is `stdout`. */
export interface ExecStream {
  readonly stdin?: WritableStream<Uint8Array>;
  readonly stdout?: ReadableStream<Uint8Array>;
  readonly stderr?: ReadableStream<Uint8Array>;
  resize(size: TerminalSize): void;
  /** The exit code; rejects when the process could not run or was lost. */
  readonly exitCode: Promise<number>;
}

/** A connection: bytes both ways, each direction closes on its own (half-close). */
export interface DuplexStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * Byte streams into the pods of a node. They do not use the bus. All methods reject with
 * `StatusError` (404 unknown pod or container, 400 not running, 503 node out of reach); aborting
 * `signal` ends the stream and releases what it holds.
 */
export interface NodeStreams {
  logs(request: LogRequest, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  exec(request: ExecRequest, signal: AbortSignal): Promise<ExecStream>;
  portForward(request: PortForwardRequest, signal: AbortSignal): Promise<DuplexStream>;
  /** What a node's agent says to an HTTP request for itself: `/healthz`, `/pods` (kubelet's API). */
  ask(node: string, request: Request): Promise<Response>;
}
