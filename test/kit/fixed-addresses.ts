import type { NodeAddresses } from "#edged/node/node-addresses.ts";

/** Addresses of a node that change when a test says so. */
export class FixedAddresses implements NodeAddresses {
  #current: readonly string[];
  readonly #listeners = new Set<() => void>();

  constructor(current: readonly string[]) {
    this.#current = current;
  }

  get current(): readonly string[] {
    return this.#current;
  }

  become(addresses: readonly string[]): void {
    this.#current = addresses;
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
