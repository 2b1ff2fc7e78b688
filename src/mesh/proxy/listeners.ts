import { errorCode, explain } from "#lib/errors.ts";
import {
  type Applied,
  type BoundListener,
  type FailedListener,
  type ListenerSpec,
  listenerKey,
} from "./protocol.ts";
import type { ServiceSocket } from "./service-socket.ts";
import { openTcpService } from "./tcp-service.ts";
import { openUdpService, type UdpSources } from "./udp-service.ts";

/** The open ports of Services. */
export class Listeners {
  readonly #open = new Map<string, ServiceSocket>();
  readonly #sources: UdpSources;

  constructor(sources: UdpSources) {
    this.#sources = sources;
  }

  /** Makes the listeners those of `specs`: closes, updates in place, opens. One call at a time. */
  async apply(specs: readonly ListenerSpec[]): Promise<Applied> {
    const wanted = new Map(specs.map((spec) => [listenerKey(spec), spec]));
    for (const [key, socket] of this.#open) {
      if (wanted.has(key)) continue;
      socket.close();
      this.#open.delete(key);
    }
    const bound: BoundListener[] = [];
    const failed: FailedListener[] = [];
    for (const [key, spec] of wanted) {
      const { protocol, address, port } = spec;
      try {
        bound.push({ protocol, address, port, boundPort: await this.#update(key, spec) });
      } catch (error) {
        failed.push({ protocol, address, port, reason: explain(error) });
      }
    }
    return { bound, failed };
  }

  async #update(key: string, spec: ListenerSpec): Promise<number> {
    const existing = this.#open.get(key);
    if (existing) {
      existing.update(spec);
      return existing.boundPort;
    }
    const socket = await this.#listen(spec);
    this.#open.set(key, socket);
    return socket.boundPort;
  }

  /**
   * Listens beside the Service's own port; the guard translates that to it. Holding the port itself
   * would keep programs of the host from having it on all addresses.
   */
  async #listen(spec: ListenerSpec): Promise<ServiceSocket> {
    const open = spec.protocol === "TCP" ? openTcpService : openUdpService;
    try {
      return await open({ ...spec, port: besides(spec.port) }, this.#sources);
    } catch (error) {
      if (errorCode(error) !== "EADDRINUSE") throw error;
      return await open({ ...spec, port: ANY_PORT }, this.#sources);
    }
  }
}

const ANY_PORT = 0;
const PORTS = 65_536;

/**
 * The port half of all ports away: always the same one, so that the kernel's translations, and
 * clients that it has translated once, find the proxy again after a restart.
 */
function besides(port: number): number {
  return (port + PORTS / 2) % PORTS;
}
