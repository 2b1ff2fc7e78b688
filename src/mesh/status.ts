import { listenerNames } from "./data-plane.ts";
import type { MeshHost } from "./host.ts";
import { type Applied, listenerKey } from "./proxy/protocol.ts";
import type { MeshTable } from "./table.ts";

export interface EdgeMeshStatus {
  /** Whether Services and names are served. */
  readonly ready: boolean;
  /** Why not; the node says the same. */
  readonly reason?: string;
  readonly dataPlane: "userspace";
  /** The link that carries the addresses. */
  readonly link?: { readonly name: string; readonly kind: "dummy" | "bridge" };
  /** What is done in a lesser way than usual on this host, a sentence each. */
  readonly notes: readonly string[];
  readonly services: number;
  /** Addresses and ports that answer: `10.43.0.1:443/TCP`. */
  readonly listeners: readonly string[];
}

/** What was applied last. */
export interface AppliedState {
  readonly table: MeshTable;
  readonly applied: Applied;
  readonly host: MeshHost | undefined;
}

const STARTING = "The mesh is starting";
const NO_SCTP = "SCTP ports of Services are not served";

/** What the mesh says of itself. */
export class MeshState {
  readonly #told = new Set<string>();
  #reason: string | undefined = STARTING;
  #notes: readonly string[] = [];
  #services = 0;
  #listeners: readonly string[] = [];
  #host: MeshHost | undefined;

  status(): EdgeMeshStatus {
    const link = this.#host && { name: this.#host.edge0.name, kind: this.#host.edge0.kind };
    return {
      ready: this.#reason === undefined,
      ...(this.#reason !== undefined && { reason: this.#reason }),
      dataPlane: "userspace",
      ...(link && { link }),
      notes: this.#notes,
      services: this.#services,
      listeners: this.#listeners,
    };
  }

  applied({ table, applied, host }: AppliedState): void {
    this.#reason = undefined;
    this.#host = host;
    this.#services = table.size;
    this.#listeners = listenerNames(applied.bound);
    this.#notes = [
      ...(host?.notes ?? []),
      ...applied.failed.map(
        ({ reason, ...where }) => `Nobody can reach ${listenerKey(where)}: ${reason}`,
      ),
      ...(hasSctp(table) ? [NO_SCTP] : []),
    ];
  }

  /** Answers whether that is news. */
  failed(reason: string): boolean {
    const isNew = reason !== this.#reason;
    this.#reason = reason;
    return isNew;
  }

  stopped(): void {
    this.#reason = "The mesh has stopped";
    this.#listeners = [];
  }

  /** Notes that were not told before; each is told once. */
  newNotes(): readonly string[] {
    const fresh = this.#notes.filter((note) => !this.#told.has(note));
    for (const note of fresh) this.#told.add(note);
    return fresh;
  }
}

function hasSctp(table: MeshTable): boolean {
  const services = [...table.values()].filter(({ clusterIP }) => clusterIP !== undefined);
  return services.some(({ ports }) => ports.some(({ protocol }) => protocol === "SCTP"));
}
