import type { State } from "./network.ts";

/** Where to go on when rules end, the innermost first, down to where nothing is known, or all is over. */
export interface Stack {
  /** The same for the same stacks. */
  readonly key: string;
  /** Absent at the bottom. */
  readonly top?: { readonly to: State; readonly rest: Stack };
}

const BOTTOM: Stack = { key: "$" };

/** Makes stacks, each but once. */
export class StackMaker {
  readonly bottom = BOTTOM;
  readonly #above = new Map<Stack, Map<State, Stack>>();
  readonly #isOpen: boolean;
  #made = 0;

  /** `isOpen`: keys begin alike where stacks do, as `Stacks` wants it, and are as long as these. */
  constructor(isOpen: boolean) {
    this.#isOpen = isOpen;
  }

  push(to: State, rest: Stack): Stack {
    const above = this.#above.get(rest) ?? new Map<State, Stack>();
    this.#above.set(rest, above);
    const found = above.get(to);
    if (found) return found;
    this.#made += 1;
    const key = this.#isOpen ? `${to.id} ${rest.key}` : `${this.#made}`;
    const made = { key, top: { to, rest } };
    above.set(to, made);
    return made;
  }
}

/** The stacks that one way through the network may have at one state. */
export class Stacks {
  readonly #all = new Set<Stack>();
  readonly #isOpen: boolean;

  /** `isOpen`: a stack of which no more is known stands for all that begin as it does. */
  constructor(isOpen: boolean) {
    this.#isOpen = isOpen;
  }

  get all(): ReadonlySet<Stack> {
    return this.#all;
  }

  get key(): string {
    const keys = Array.from(this.#all, ({ key }) => key);
    return keys.length === 1 ? (keys[0] ?? "") : keys.toSorted().join(";");
  }

  add(stack: Stack): void {
    if (this.#all.has(stack)) return;
    if (this.#isOpen) {
      for (const { key } of this.#all) if (stack.key.startsWith(key.slice(0, -1))) return;
      const head = stack.key.slice(0, -1);
      for (const other of this.#all) if (other.key.startsWith(head)) this.#all.delete(other);
    }
    this.#all.add(stack);
  }
}
