import type * as objects from "#api/object.ts";
import { objectKey } from "#api/object.ts";
import { OPERATION, RESOURCE_TYPE } from "#bus/constants.ts";
import { contentText, type Message } from "#bus/message.ts";
import { parseResource, type ResourcePath } from "#bus/resource-path.ts";
import { buildTable, type MeshTable } from "./table.ts";

/** The Services and EndpointSlices that metaManager has told of. */
export class Inventory {
  readonly #services = new Map<string, objects.Service>();
  readonly #slices = new Map<string, objects.EndpointSlice>();

  /** Takes in what the meta store holds at the start. */
  load(services: readonly objects.Service[], slices: readonly objects.EndpointSlice[]): void {
    for (const service of services) this.#services.set(objectKey(service), service);
    for (const slice of slices) this.#slices.set(objectKey(slice), slice);
  }

  /**
   * Takes in a message. Answers whether anything changed.
   * @throws {TypeError} when nobody could understand the message.
   */
  apply(message: Message): boolean {
    const { operation, resource = "" } = message.route;
    const path = parseResource(resource);
    // Endpoints are an older form of what the slices say.
    if (path.type === RESOURCE_TYPE.endpoints) return false;
    if (operation === OPERATION.listEnd) return this.#prune(path.type, keysOf(message));
    const known = path.type === RESOURCE_TYPE.service || path.type === RESOURCE_TYPE.endpointSlice;
    if (!known || path.name === undefined) throw unknown(message);
    if (operation === OPERATION.delete) return this.#mapOf(path.type).delete(keyOf(path));
    if (operation !== OPERATION.insert && operation !== OPERATION.update) throw unknown(message);
    this.#put(path, objectOf(message));
    return true;
  }

  table(): MeshTable {
    return buildTable(this.#services.values(), this.#slices.values());
  }

  #put(path: ResourcePath, object: object): void {
    if (path.type === RESOURCE_TYPE.service) this.#services.set(keyOf(path), object);
    else if (isSlice(object)) this.#slices.set(keyOf(path), object);
    else throw new TypeError(`Not an EndpointSlice: ${keyOf(path)}`);
  }

  #prune(type: string, keys: ReadonlySet<string>): boolean {
    const map = this.#mapOf(type);
    const surplus = [...map.keys()].filter((key) => !keys.has(key));
    for (const key of surplus) map.delete(key);
    return surplus.length > 0;
  }

  #mapOf(type: string): Map<string, unknown> {
    return type === RESOURCE_TYPE.service ? this.#services : this.#slices;
  }
}

function keyOf({ namespace, name }: ResourcePath): string {
  return `${namespace}/${name}`;
}

/** Content as it comes: the object in process, its JSON from elsewhere. */
function objectOf(message: Message): object {
  const { content } = message;
  const value: unknown = typeof content === "object" ? content : JSON.parse(contentText(message));
  if (typeof value !== "object" || value === null) throw unknown(message);
  return value;
}

function isSlice(object: object): object is objects.EndpointSlice {
  return "addressType" in object && typeof object.addressType === "string";
}

/** `namespace/name` of everything that a finished list held. */
function keysOf(message: Message): ReadonlySet<string> {
  const content = objectOf(message);
  const keys: unknown = "keys" in content ? content.keys : undefined;
  if (!Array.isArray(keys)) throw unknown(message);
  return new Set(keys.map(String));
}

function unknown({ route }: Message): TypeError {
  return new TypeError(`Not a message for the mesh: ${route.operation} ${route.resource}`);
}
