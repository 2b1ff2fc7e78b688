import type { udp } from "bun";
import type { Timer } from "#lib/timer.ts";
import { Balancer, type BalancerSources, endpointKey } from "./balancer.ts";
import type { ListenerSpec } from "./protocol.ts";
import type { ServiceSocket } from "./service-socket.ts";

/** Silence after which a client is forgotten: what Linux allows an answered exchange by default. */
const IDLE_MS = 120_000;
/** Clients of one port that are remembered; the one that was silent longest is forgotten first. */
const MAX_CLIENTS = 1024;
/** Datagrams that wait for a socket to open; more are lost, as datagrams may be. */
const MAX_WAITING = 16;

export interface UdpSources extends BalancerSources {
  readonly timer: Timer;
}

/** Whence a datagram came, and where its answers go. */
interface Client {
  readonly address: string;
  readonly port: number;
}

/**
 * Relays the datagrams of one port. All that a client sends from one port goes to one endpoint,
 * over a socket of its own, until both were silent for a while, the endpoint refuses, or it is none
 * any more: then the next datagram goes to another one.
 */
export async function openUdpService(
  spec: ListenerSpec,
  sources: UdpSources,
): Promise<ServiceSocket> {
  const clients = new Clients(spec, sources);
  const server = await Bun.udpSocket({
    hostname: spec.address,
    port: spec.port,
    socket: {
      data: (socket, datagram, ...[port, address]) =>
        clients.take(socket, { address, port }, datagram),
      // What the kernel reports here is that a client did not want its answer.
      error: () => undefined,
    },
  });
  return {
    boundPort: server.port,
    update: (changed) => clients.update(changed),
    close: () => {
      server.close();
      clients.close();
    },
  };
}

class Clients {
  /** The one that was silent longest comes first. */
  readonly #flows = new Map<string, Flow>();
  readonly #balancer: Balancer;
  readonly #sources: UdpSources;

  constructor(spec: ListenerSpec, sources: UdpSources) {
    this.#balancer = new Balancer(spec, sources);
    this.#sources = sources;
  }

  take(server: udp.Socket<"buffer">, client: Client, datagram: Buffer): void {
    const key = `${client.address}:${client.port}`;
    const flow = this.#flows.get(key) ?? this.#open(server, client);
    if (!flow) return;
    this.#flows.delete(key);
    this.#flows.set(key, flow);
    flow.send(datagram);
  }

  update(spec: ListenerSpec): void {
    this.#balancer.update(spec);
    const known = new Set(spec.endpoints.map(endpointKey));
    for (const flow of this.#flows.values()) if (!known.has(flow.endpoint)) flow.close();
  }

  close(): void {
    for (const flow of this.#flows.values()) flow.close();
  }

  #open(server: udp.Socket<"buffer">, client: Client): Flow | undefined {
    const endpoint = this.#balancer.pick(client.address, new Set());
    if (!endpoint) return undefined;
    const [silent] = this.#flows.values();
    if (silent && this.#flows.size >= MAX_CLIENTS) silent.close();
    const key = `${client.address}:${client.port}`;
    const flow = new Flow(endpointKey(endpoint), {
      ...this.#sources,
      answer: (datagram) => {
        this.#balancer.reached(client.address, endpoint);
        if (!server.closed) server.send(datagram, client.port, client.address);
      },
      closed: () => {
        if (this.#flows.get(key) === flow) this.#flows.delete(key);
      },
    });
    const { address: hostname, port } = endpoint;
    const socket = { data: flow.receive, error: () => flow.close() };
    Bun.udpSocket({ connect: { hostname, port }, socket }).then(flow.opened, () => flow.close());
    return flow;
  }
}

interface FlowOptions extends UdpSources {
  answer(datagram: Buffer): void;
  closed(): void;
}

/** What one client and one endpoint say to each other. */
class Flow {
  readonly endpoint: string;
  readonly #options: FlowOptions;
  readonly #waiting: Buffer[] = [];
  #socket: udp.ConnectedSocket<"buffer"> | undefined;
  #lastMs: number;
  #callOff: () => void = () => undefined;
  #closed = false;

  constructor(endpoint: string, options: FlowOptions) {
    this.endpoint = endpoint;
    this.#options = options;
    this.#lastMs = options.monotonicMs();
    this.#watch(IDLE_MS);
  }

  /** `datagram` is only lent. */
  send(datagram: Buffer): void {
    this.#lastMs = this.#options.monotonicMs();
    if (this.#socket) this.#put(datagram);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(Buffer.from(datagram));
  }

  readonly opened = (socket: udp.ConnectedSocket<"buffer">): void => {
    if (this.#closed) return socket.close();
    this.#socket = socket;
    for (const datagram of this.#waiting.splice(0)) this.#put(datagram);
  };

  readonly receive = (_: unknown, datagram: Buffer): void => {
    this.#lastMs = this.#options.monotonicMs();
    this.#options.answer(datagram);
  };

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#callOff();
    this.#socket?.close();
    this.#options.closed();
  }

  #put(datagram: Buffer): void {
    try {
      this.#socket?.send(datagram);
    } catch {
      // The endpoint refused an earlier datagram, or has no route any more.
      this.close();
    }
  }

  #watch(afterMs: number): void {
    this.#callOff = this.#options.timer.after(afterMs, () => {
      const leftMs = this.#lastMs + IDLE_MS - this.#options.monotonicMs();
      if (leftMs <= 0) this.close();
      else this.#watch(leftMs);
    });
  }
}
