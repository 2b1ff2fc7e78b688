import { jsonText } from "#lib/json-text.ts";
import { deepFreeze, type KubeObject } from "./object.ts";
import type { StoredAs } from "./resource.ts";

const encoder = new TextEncoder();

type Form<T extends KubeObject> = Pick<StoredAs<T>, "fromStored">;

/**
 * One version of an object: its frozen value and its JSON, encoded at most once however many
 * lists, watchers and rows it goes into.
 */
export class Item<T extends KubeObject = KubeObject> {
  readonly value: T;
  #json: Uint8Array<ArrayBuffer> | undefined;
  #metadataJson: Uint8Array | undefined;
  #forms: WeakMap<Form<KubeObject>, Item> | undefined;

  /** `json`, where it is known already, must be the encoding of `value`. */
  constructor(value: T, json?: Uint8Array<ArrayBuffer>) {
    this.value = value;
    this.#json = json;
  }

  get json(): Uint8Array<ArrayBuffer> {
    this.#json ??= encoder.encode(jsonText(this.value));
    return this.#json;
  }

  /** The encoding of `metadata`: a part of `json`, not a copy. */
  get metadataJson(): Uint8Array {
    this.#metadataJson ??= partOf(this.json, JSON.stringify(this.value.metadata ?? {}));
    return this.#metadataJson;
  }

  /** The same object, as of another write. */
  at(resourceVersion: string): Item<T> {
    const metadata = { ...this.value.metadata, resourceVersion };
    return new Item(deepFreeze({ ...this.value, metadata }));
  }

  /** A stored item as another row serves it, converted at most once. */
  as<U extends KubeObject>(form: Form<U>): Item<U> {
    this.#forms ??= new WeakMap();
    // Filed under the form that made it, here only.
    const known = this.#forms.get(form) as Item<U> | undefined;
    if (known !== undefined) return known;
    const value = form.fromStored(this.value);
    // Served as it is stored: one value, one encoding.
    const made = Object.is(value, this.value) ? this : new Item(deepFreeze(value));
    this.#forms.set(form, made);
    return made as Item<U>;
  }
}

/** The bytes of `text` where they lie in `json`, wherever that is; of their own where they do not. */
function partOf(json: Uint8Array, text: string): Uint8Array {
  const part = encoder.encode(text);
  const start = Buffer.from(json.buffer, json.byteOffset, json.byteLength).indexOf(part);
  return start < 0 ? part : json.subarray(start, start + part.length);
}

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";

/** One line of a watch, encoded at most once for all watchers that receive this instance. */
export class WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: WatchEventType;
  readonly item: Item<T>;
  #frame: Uint8Array | undefined;
  #forms: WeakMap<Form<KubeObject>, WatchEvent> | undefined;

  constructor(type: WatchEventType, item: Item<T>) {
    this.type = type;
    this.item = item;
  }

  /**
   * The change from `before` to `item`. What went away, or out of a watcher's sight, is shown as it
   * was last seen, as of the write that took it away.
   */
  static of<T extends KubeObject>(
    type: WatchEventType,
    { item, before }: { readonly item: Item<T>; readonly before: Item<T> | undefined },
  ): WatchEvent<T> {
    const { resourceVersion = "" } = item.value.metadata ?? {};
    return new WatchEvent(type, type === "DELETED" && before ? before.at(resourceVersion) : item);
  }

  /** `{"type":…,"object":…}` and a newline. */
  get frame(): Uint8Array {
    if (this.#frame === undefined) {
      const head = encoder.encode(`{"type":"${this.type}","object":`);
      const { json } = this.item;
      const frame = new Uint8Array(head.length + json.length + 2);
      frame.set(head);
      frame.set(json, head.length);
      frame.set([0x7d, 0x0a], head.length + json.length);
      this.#frame = frame;
    }
    return this.#frame;
  }

  /** The event as another row serves it, one instance for all its watchers. */
  as<U extends KubeObject>(form: Form<U>): WatchEvent<U> {
    this.#forms ??= new WeakMap();
    // Filed under the form that made it, here only.
    const known = this.#forms.get(form) as WatchEvent<U> | undefined;
    if (known !== undefined) return known;
    const item = this.item.as(form);
    const made = Object.is(item, this.item) ? this : new WatchEvent(this.type, item);
    this.#forms.set(form, made);
    return made as WatchEvent<U>;
  }
}
