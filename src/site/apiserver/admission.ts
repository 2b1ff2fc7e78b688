import type { Annotate, Timed, UserInfo, WriteOptions } from "#api/verbs.ts";

/** What a write may know about its surroundings, and what it must undo when nothing comes of it. */
export class Admission {
  readonly user: UserInfo;
  readonly now: Date;
  readonly dryRun: boolean;
  /** Under which name what is written goes into `metadata.managedFields`. */
  readonly manager: string;
  readonly #warn: WriteOptions["warn"];
  readonly #annotate: WriteOptions["annotate"];
  /** Does some work that the request may have to wait for. */
  readonly timed: Timed;
  readonly #undo: (() => void)[] = [];
  readonly #effects: (() => void)[] = [];

  constructor({
    user,
    now,
    options = {},
  }: {
    user: UserInfo;
    now: Date;
    options?: Pick<WriteOptions, "annotate" | "dryRun" | "warn" | "fieldManager" | "timed">;
  }) {
    this.user = user;
    this.now = now;
    this.dryRun = options.dryRun ?? false;
    this.manager = options.fieldManager ?? managerOf(user);
    this.#warn = options.warn;
    this.#annotate = options.annotate;
    this.timed = options.timed ?? ((_, work) => work());
  }

  /** A text for the client's `Warning` header. */
  warn(text: string): void {
    this.#warn?.(text);
  }

  /** A word for the request's event in the audit log; the first for a key stays. */
  readonly annotate: Annotate = (key, value, level) => {
    this.#annotate?.(key, value, level);
  };

  /** `undo` runs when the write was refused or dry, or its commit failed. */
  onRollback(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** `effect` runs when the write is durable. */
  onCommit(effect: () => void): void {
    this.#effects.push(effect);
  }

  /** Ends the write; only the first call counts. */
  settle(outcome: "committed" | "nothing"): void {
    const steps = outcome === "committed" ? this.#effects : this.#undo.reverse();
    for (const step of steps.slice()) step();
    this.#effects.length = 0;
    this.#undo.length = 0;
  }
}

/** Components of the site do not say who they are: controllers are one manager, as in Kubernetes. */
function managerOf({ name }: UserInfo): string {
  const component = name.slice(name.lastIndexOf(":") + 1);
  return /-controller$|-collector$/.test(component) ? "kube-controller-manager" : component;
}
