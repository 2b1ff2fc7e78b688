import { jsonText } from "#lib/json-text.ts";
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

/** An object is needed in a version that nobody asked the webhook for yet. */
export class Unconverted extends Error {
  override readonly name = "Unconverted";
  readonly object: KubeObject;
  /** Where the version that is needed belongs. */
  readonly forms: ConvertedForms;

  constructor(object: KubeObject, forms: ConvertedForms) {
    super(`${object.apiVersion} ${object.kind} is not converted yet`);
    this.object = object;
    this.forms = forms;
  }
}

/** What is about to be stored is seldom asked for twice. */
const MAX_DRAFTS = 100;

/** The objects of a kind as one version shows them, as far as the webhook was asked. */
export class ConvertedForms {
  readonly apiVersion: string;
  readonly #known = new WeakMap<KubeObject, KubeObject>();
  /** By their content: a draft is made anew where what was made of it has to be asked for first. */
  readonly #drafts = new Map<string, KubeObject>();
  readonly #read: (converted: KubeObject) => KubeObject;

  /** `read` shows what the webhook made by the schema of the version: pruned and defaulted. */
  constructor(apiVersion: string, read: (converted: KubeObject) => KubeObject) {
    this.apiVersion = apiVersion;
    this.#read = read;
  }

  has(object: KubeObject): boolean {
    return object.apiVersion === this.apiVersion || this.#known.has(object);
  }

  keep(object: KubeObject, converted: KubeObject): void {
    const form = this.#read(converted);
    if (Object.isFrozen(object)) {
      this.#known.set(object, form);
      return;
    }
    const [oldest] = this.#drafts.keys();
    if (this.#drafts.size >= MAX_DRAFTS && oldest !== undefined) this.#drafts.delete(oldest);
    this.#drafts.set(jsonText(object), form);
  }

  /** @throws Unconverted */
  of(object: KubeObject): KubeObject {
    if (object.apiVersion === this.apiVersion) return this.#read(object);
    const known = this.#known.get(object) ?? this.#drafts.get(jsonText(object));
    if (known === undefined) throw new Unconverted(object, this);
    return known;
  }
}
