import type { Connection } from "./connection.ts";

/** A pod as events of a watch carry it. */
export interface PodEvent {
  readonly type: string;
  readonly name: string;
  readonly phase: string | undefined;
}

/** A watch of all pods of the namespace `default`. */
export class PodWatch {
  readonly #waiting = new Set<(event: PodEvent) => void>();
  #rest = "";

  constructor(connection: Connection) {
    const path = "/api/v1/namespaces/default/pods?watch=true";
    connection.follow({ path }, (bytes) => this.#read(bytes));
  }

  /** Resolves with the first event of a pod that passes. */
  async seen(name: string, check: (event: PodEvent) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const listener = (event: PodEvent): void => {
      if (event.name === name && check(event)) resolve();
    };
    this.#waiting.add(listener);
    await promise;
    this.#waiting.delete(listener);
  }

  /** Resolves when a pod is Running. */
  running(name: string): Promise<void> {
    return this.seen(name, ({ phase }) => phase === "Running");
  }

  /** Resolves when a pod is no more. */
  gone(name: string): Promise<void> {
    return this.seen(name, ({ type }) => type === "DELETED");
  }

  #read(bytes: Buffer): void {
    const lines = (this.#rest + bytes.toString()).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.includes('"type"')) continue;
      const { type, object } = JSON.parse(line);
      const event = { type, name: object.metadata.name, phase: object.status?.phase };
      for (const listener of this.#waiting) listener(event);
    }
  }
}
