import type { Endpoint } from "../table.ts";
import type { Strategy } from "./protocol.ts";

export interface BalancerOptions {
  readonly strategy: Strategy;
  readonly affinityMs?: number;
  readonly endpoints: readonly Endpoint[];
}

export interface BalancerSources {
  readonly monotonicMs: () => number;
  readonly random: () => number;
}

/** Clients that are remembered for affinity; the one that came least lately is forgotten first. */
const MAX_CLIENTS = 10_000;

interface Remembered {
  readonly endpoint: Endpoint;
  readonly atMs: number;
}

/** Chooses who answers a connection. */
export class Balancer {
  readonly #sources: BalancerSources;
  readonly #clients = new Map<string, Remembered>();
  #options: BalancerOptions;
  #next = 0;

  constructor(options: BalancerOptions, sources: BalancerSources) {
    this.#options = options;
    this.#sources = sources;
  }

  /** From now on these answer. Clients whose endpoint went away get another one. */
  update(options: BalancerOptions): void {
    this.#options = options;
    const known = new Set(options.endpoints.map(endpointKey));
    for (const [client, { endpoint }] of this.#clients) {
      if (options.affinityMs === undefined || !known.has(endpointKey(endpoint))) {
        this.#clients.delete(client);
      }
    }
  }

  /** An endpoint that is not among the `failed` ones; `undefined` when none is left. */
  pick(client: string, failed: ReadonlySet<string>): Endpoint | undefined {
    const remembered = this.#remembered(client);
    if (remembered && !failed.has(endpointKey(remembered))) return remembered;
    const candidates = this.#options.endpoints.filter((one) => !failed.has(endpointKey(one)));
    return candidates[this.#turn(candidates.length)];
  }

  /** The client has reached the endpoint: with affinity it comes back to it. */
  reached(client: string, endpoint: Endpoint): void {
    if (this.#options.affinityMs === undefined) return;
    this.#clients.delete(client);
    const [oldest] = this.#clients.keys();
    if (this.#clients.size >= MAX_CLIENTS && oldest !== undefined) this.#clients.delete(oldest);
    this.#clients.set(client, { endpoint, atMs: this.#sources.monotonicMs() });
  }

  #remembered(client: string): Endpoint | undefined {
    const found = this.#clients.get(client);
    const { affinityMs } = this.#options;
    if (!found || affinityMs === undefined) return undefined;
    if (this.#sources.monotonicMs() - found.atMs <= affinityMs) return found.endpoint;
    this.#clients.delete(client);
    return undefined;
  }

  #turn(count: number): number {
    if (this.#options.strategy === "random") return Math.floor(this.#sources.random() * count);
    const turn = count === 0 ? 0 : this.#next % count;
    this.#next = turn + 1;
    return turn;
  }
}

export function endpointKey({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}
