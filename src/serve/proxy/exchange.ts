import {
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from "node:http";
import { request as requestHttps } from "node:https";
import type { Duplex } from "node:stream";
import { StatusError } from "#api/status.ts";
import { abortReason } from "#lib/abort.ts";
import { connectFailure } from "#lib/connect-failure.ts";
import { trustIn } from "#lib/x509/trust.ts";
import type { Backend } from "./backend.ts";
import type { KeptConnections } from "./kept-connections.ts";
import { PatientAgent } from "./patient-agent.ts";

/** How long a server may take to accept a connection (Kubernetes' proxy transport). */
const CONNECT_MS = 30_000;

/** The longest head of an answer that is read (Go's transport takes 10 MiB, Node's client 16 KiB). */
const MAX_HEAD_BYTES = 256 * 1024;

/** What is sent to a backend. */
export interface Sent {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Each ends the exchange, whatever state it is in. */
  readonly signals: readonly AbortSignal[];
  /** Whose connections may be used again; absent: it has one of its own. */
  readonly kept?: KeptConnections | undefined;
}

/** What came back: an answer, or a connection that is no longer HTTP's, with its first bytes. */
export type Exchanged =
  | { readonly kind: "answer"; readonly message: IncomingMessage }
  | {
      readonly kind: "upgrade";
      readonly message: IncomingMessage;
      readonly socket: Duplex;
      readonly head: Buffer;
    };

/** What may be sent twice: a backend can hang up on a kept connection just when it is used again. */
const REPEATABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Sends a request to a backend. Its body goes out as fast as the backend takes it, the answer's is
 * read by whoever asked.
 * @throws StatusError 503 where the backend cannot be reached or does not answer.
 */
export async function exchange(backend: Backend, sent: Sent): Promise<Exchanged> {
  const { kept, method, body, signals } = sent;
  const isRepeatable = REPEATABLE.has(method) && body === null;
  const request = open(backend, { ...sent, kept: isRepeatable ? kept : undefined });
  try {
    return await attempt(request, sent);
  } catch (error) {
    const isStale = request.reusedSocket && !signals.some(({ aborted }) => aborted);
    if (!isStale) throw unreachable(error, backend);
  }
  try {
    return await attempt(open(backend, { ...sent, kept: undefined }), sent);
  } catch (error) {
    throw unreachable(error, backend);
  }
}

async function attempt(request: ClientRequest, sent: Sent): Promise<Exchanged> {
  endWith(sent.signals, request);
  const limit = setTimeout(() => request.destroy(new ConnectTimeout()), CONNECT_MS);
  request.once("socket", (socket) => {
    if (socket.connecting) socket.once("connect", () => clearTimeout(limit));
    else clearTimeout(limit);
  });
  const answered = new Promise<Exchanged>((resolve, reject) => {
    request.once("response", (message) => resolve({ kind: "answer", message }));
    request.once("upgrade", (message, socket, head) =>
      resolve({ kind: "upgrade", message, socket, head }),
    );
    // One that breaks later breaks the answer too.
    request.on("error", reject);
  });
  void send(request, sent);
  try {
    return await answered;
  } finally {
    clearTimeout(limit);
  }
}

/**
 * Destroys a request or a connection with the first signal. By hand, not by `AbortSignal.any`: a
 * signal that lives as long as the server would remember everything that ever was.
 */
export function endWith(signals: readonly AbortSignal[], what: ClientRequest | Duplex): void {
  for (const signal of signals) {
    const end = (): void => void what.destroy(abortReason(signal));
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
    what.once("close", () => signal.removeEventListener("abort", end));
  }
}

function open(backend: Backend, { method, headers, kept }: Sent): ClientRequest {
  const { host, port, tls, target } = backend;
  const options: RequestOptions = {
    ...{ host, port, method, path: target, headers: mutable(headers) },
    ...(kept && { agent: kept.agentFor(backend) }),
    setHost: !("host" in headers),
    maxHeaderSize: MAX_HEAD_BYTES,
  };
  if (tls === undefined) return requestHttp({ agent: new PatientAgent(), ...options });
  const { insecure, ca, serverName, client } = tls;
  return requestHttps({
    ...{ agent: false, ...options },
    rejectUnauthorized: !insecure,
    ...(ca !== undefined && trustIn(ca)),
    ...(serverName !== undefined && { servername: serverName }),
    ...(client && { cert: client.certificate, key: client.key }),
  });
}

function mutable(headers: Sent["headers"]): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === "string" ? value : [...value],
    ]),
  );
}

/** Never rejects: what breaks is seen by whoever waits for the answer. */
async function send(request: ClientRequest, { body }: Sent): Promise<void> {
  if (body === null) {
    request.end();
    return;
  }
  // The backend may answer before there is a body; `flushHeaders` would send letters as UTF-8.
  request.write(new Uint8Array());
  let isOver = false;
  request.once("close", () => {
    isOver = true;
  });
  try {
    for await (const chunk of body) {
      if (!request.write(chunk)) await room(request);
      // Its answer may be there nevertheless: to end it now would throw that away.
      if (isOver) return;
    }
    request.end();
  } catch (error) {
    // Half a request must not look like a whole one.
    if (!isOver) request.destroy(error instanceof Error ? error : undefined);
  }
}

/** Resolves once a request takes more, or is over. */
function room(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      request.off("drain", done).off("close", done);
      resolve();
    };
    request.on("drain", done).on("close", done);
  });
}

class ConnectTimeout extends Error {
  readonly code = "ETIMEDOUT";
}

function unreachable(error: unknown, place: Backend): StatusError {
  const why = connectFailure(error, place);
  return new StatusError(`error trying to reach service: ${why}`, {
    code: 503,
    reason: "ServiceUnavailable",
  });
}
