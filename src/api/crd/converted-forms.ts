import type { KubeObject } from "../object.ts";
import type { Conversion } from "./definition.ts";

/** How the objects of a custom kind come by the version of a row where a webhook makes it. */
export interface ByWebhook {
  /** `widgets.example.com` */
  readonly definition: string;
  readonly webhook: NonNullable<Conversion["webhook"]>;
  /** The `apiVersion` that objects are stored with from now on. */
  readonly storedApiVersion: string;
  readonly forms: ConvertedForms;
}

/** A stored object is needed in a version that nobody asked the webhook for yet. */
export class Unconverted extends Error {
  override readonly name = "Unconverted";
  readonly object: KubeObject;

  constructor(object: KubeObject) {
    super(`${object.apiVersion} ${object.kind} is not converted yet`);
    this.object = object;
  }
}

/** The stored objects of a kind as one version shows them, as far as the webhook was asked. */
export class ConvertedForms {
  readonly #known = new WeakMap<KubeObject, KubeObject>();
  readonly #apiVersion: string;
  readonly #read: (converted: KubeObject) => KubeObject;

  /** `read` shows what the webhook made by the schema of the version: pruned and defaulted. */
  constructor(apiVersion: string, read: (converted: KubeObject) => KubeObject) {
    this.#apiVersion = apiVersion;
    this.#read = read;
  }

  has(stored: KubeObject): boolean {
    return stored.apiVersion === this.#apiVersion || this.#known.has(stored);
  }

  keep(stored: KubeObject, converted: KubeObject): void {
    this.#known.set(stored, this.#read(converted));
  }

  /** @throws Unconverted */
  of(stored: KubeObject): KubeObject {
    if (stored.apiVersion === this.#apiVersion) return this.#read(stored);
    const known = this.#known.get(stored);
    if (known === undefined) throw new Unconverted(stored);
    return known;
  }
}
