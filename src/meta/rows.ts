import { contentText, type Message } from "#bus/message.ts";
import { formatResource, type ResourcePath } from "#bus/resource-path.ts";
import type { MetaRow, MetaStore } from "./meta-store.ts";

/** An object of which there is one, not a whole type. */
export type ObjectPath = ResourcePath & { readonly name: string };

/** What identifies one version of an object, read from a row or a message's content. */
interface Identity {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** What a new content means for the row that is there. */
export type Saved = "saved" | "same" | "stale" | { readonly replaced: MetaRow };

/** The rows of the meta store as metaManager's rules see them. */
export class MetaRows {
  readonly #store: MetaStore;

  constructor(store: MetaStore) {
    this.#store = store;
  }

  get(path: ObjectPath): MetaRow | undefined {
    return this.#store.get(formatResource(path));
  }

  list(type: string): readonly MetaRow[] {
    return this.#store.list(type);
  }

  /**
   * Keeps an object, unless a newer version of it is kept already: versions compare as numbers,
   * and only those of one UID. A namesake with another UID replaces the row.
   */
  save(path: ObjectPath, message: Message): Saved {
    const key = formatResource(path);
    const current = this.#store.get(key);
    const value = contentText(message);
    if (current?.value === value) return "same";
    const next = identityOf(message.content);
    const previous = current ? identityOf(current.value) : next;
    const namesake = previous.uid !== next.uid && previous.uid !== "" && next.uid !== "";
    if (current && !namesake && isOlder(next, previous)) return "stale";
    this.#store.put({ key, type: path.type, value });
    return current && namesake ? { replaced: current } : "saved";
  }

  /** Drops a row; false when what is there is a namesake of the one that is meant. */
  delete(path: ObjectPath, content: unknown): boolean {
    const current = this.get(path);
    if (current === undefined) return true;
    const meant = uidOf(content);
    const kept = uidOf(current.value);
    if (meant !== "" && kept !== "" && meant !== kept) return false;
    this.#store.delete(current.key);
    return true;
  }

  /** Drops the rows of a type whose `namespace/name` is not in `keys`, and returns them. */
  prune(type: string, keys: ReadonlySet<string>): readonly MetaRow[] {
    const missing = this.#store
      .list(type)
      .filter(({ key }) => !keys.has(key.replace(`/${type}/`, "/")));
    for (const { key } of missing) this.#store.delete(key);
    return missing;
  }
}

/** The UID in an object, or in its JSON, or the text itself where only a UID was sent; `""` without one. */
export function uidOf(content: unknown): string {
  return identityOf(content).uid;
}

function identityOf(content: unknown): Identity {
  const object = typeof content === "string" ? parsed(content) : content;
  const metadata = field(object, "metadata");
  const uid = field(metadata, "uid") ?? field(object, "UID");
  const resourceVersion = field(metadata, "resourceVersion");
  return {
    uid: typeof uid === "string" ? uid : "",
    resourceVersion: typeof resourceVersion === "string" ? resourceVersion : "",
  };
}

function parsed(text: string): unknown {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a text that is no object has no identity
  }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function isOlder(next: Identity, previous: Identity): boolean {
  if (next.resourceVersion === "" || previous.resourceVersion === "") return false;
  return Number(next.resourceVersion) < Number(previous.resourceVersion);
}
