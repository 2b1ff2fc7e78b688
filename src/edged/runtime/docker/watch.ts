import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { sleep } from "#lib/abort.ts";
import { Backoff } from "#lib/backoff.ts";
import { asError, explain } from "#lib/errors.ts";
import { lines } from "#lib/lines.ts";
import { LinkedSignal } from "../../linked-signal.ts";
import { EngineUnreachable } from "../runtime.ts";
import type { EngineStatus, RuntimeEvent } from "../types.ts";
import type { Engine } from "./engine.ts";
import { label } from "./labels.ts";
import { readable } from "./node-stream.ts";

/** After which an engine that went away is looked for again: soon at first, then every other second. */
const RECONNECT = { initialMs: 100, maxMs: 2000 };
/** How often an engine that says nothing is asked whether it lives: as kubelet asks its runtime. */
const PING_EVERY_MS = 10_000;
/** What a container does that its pod's worker must know. */
const ACTIONS = ["create", "start", "die", "oom", "destroy"];

interface Watched {
  readonly engine: Engine;
  readonly siteId: string;
  /** Asks the engine who it is; rejects when it does not answer. */
  readonly connect: (signal: AbortSignal) => Promise<EngineStatus>;
  readonly onStatus: (status: EngineStatus) => void;
  /** Default 10 s, and 10 s for the answer. */
  readonly ping?: { readonly everyMs: number; readonly timeoutMs: number };
}

/** The engine's event stream, opened again whenever it breaks. No pod is polled while it stands. */
export async function* watch(watched: Watched, signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
  const backoff = new Backoff(RECONNECT);
  let said = false;
  while (!signal.aborted) {
    try {
      for await (const event of connection(watched, signal)) {
        said = false;
        backoff.reset();
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      const status: EngineStatus = { reachable: false, reason: reasonOf(error) };
      watched.onStatus(status);
      if (!said) yield { kind: "engine", status };
      said = true;
    }
    await sleep(backoff.next(), signal).catch(() => undefined);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof EngineUnreachable) return error.message;
  return `The connection to the Docker Engine broke: ${explain(error)}`;
}

async function* connection(watched: Watched, signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
  const { engine, siteId, connect, onStatus } = watched;
  using linked = new LinkedSignal(signal);
  // To open a stream has no time limit.
  await engine.ping(signal, watched.ping?.timeoutMs);
  const stream = await engine.open(signal, (docker) => openEvents(docker, siteId, linked.signal));
  const over = new AbortController();
  void keepAsking(watched, stream, over.signal);
  try {
    // Asked after the stream stands, so that nothing happens unseen between the two.
    const status = await connect(signal);
    onStatus(status);
    yield { kind: "engine", status };
    for await (const line of lines(stream)) {
      const uid = line === "" ? undefined : podUid(line);
      if (uid !== undefined) yield { kind: "pod", uid };
    }
    if (!signal.aborted) throw new EngineUnreachable("The Docker Engine closed its event stream");
  } finally {
    over.abort();
    stream.destroy();
  }
}

/** Breaks the stream when the engine behind it hangs. */
async function keepAsking(
  { engine, ping }: Watched,
  stream: Readable,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (;;) {
      await sleep(ping?.everyMs ?? PING_EVERY_MS, signal);
      await engine.ping(signal, ping?.timeoutMs);
    }
  } catch (error) {
    if (!signal.aborted) stream.destroy(asError(error));
  }
}

async function openEvents(
  docker: Docker,
  siteId: string,
  abortSignal: AbortSignal,
): Promise<Readable> {
  const filters = JSON.stringify({
    type: ["container"],
    event: ACTIONS,
    label: [`${label.site}=${siteId}`],
  });
  return readable(await docker.getEvents({ filters, abortSignal }));
}

function podUid(line: string): string | undefined {
  const event: { Actor?: { Attributes?: Record<string, string> } } = JSON.parse(line);
  return event.Actor?.Attributes?.[label.podUid];
}
