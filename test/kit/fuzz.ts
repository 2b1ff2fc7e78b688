import type { Resource } from "#api/resource.ts";
import { apiVersionOf } from "#api/resource.ts";
import { type ObjectType, SCHEMA, type Type } from "#api/schema.ts";

/** A request that is nearly right, or not at all. */
export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

const METHODS = ["GET", "GET", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE", "HEAD"];
const MEDIA = [
  "application/json",
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/json-patch+json",
  "application/apply-patch+yaml",
  "text/plain",
  "",
];
const ACCEPTS = [
  "application/json",
  "application/yaml",
  "*/*",
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "application/vnd.kubernetes.protobuf",
  "application/vnd.kubernetes.protobuf,application/json",
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
  "text/html;q=x",
];
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  watch: ["1", "true", "0", "x"],
  limit: ["1", "0", "-1", "x", "99999999999999999999"],
  continue: ["x", "e30", ""],
  resourceVersion: ["0", "1", "x", "-1"],
  resourceVersionMatch: ["Exact", "NotOlderThan", "x"],
  labelSelector: ["a=b", "a in (b,c)", "!a", "a in (", "=", "a notin ()", "é"],
  fieldSelector: ["metadata.name=a", "spec.nodeName!=x", "nope=1", "=", "a"],
  sendInitialEvents: ["true", "x"],
  allowWatchBookmarks: ["true"],
  dryRun: ["All", "x"],
  fieldManager: ["me", "", "é", "x".repeat(200)],
  fieldValidation: ["Strict", "Warn", "Ignore", "x"],
  force: ["true", "x"],
  gracePeriodSeconds: ["0", "-1", "x", "9007199254740993"],
  propagationPolicy: ["Foreground", "Orphan", "Background", "x"],
  orphanDependents: ["true", "x"],
  pretty: ["true"],
  includeObject: ["Object", "None", "x"],
};
const TEXTS = [
  "",
  "a",
  "b",
  "web",
  "default",
  "A_b",
  "../..",
  "%2f",
  "a/b",
  "-1",
  "5m",
  "1e400",
  "0.5",
  "1Ki",
  "é\u0000\ud800",
  "x".repeat(300),
  "2024-01-01T00:00:00Z",
  "TCP",
  "Always",
  "10.43.0.7",
  "::1",
  "*",
  "$(A)",
  "{{",
  "(a+)+$",
  "__proto__",
  "constructor",
];
const NUMBERS = [0, 1, -1, 80, 65_536, 2 ** 31, 2 ** 53, -(2 ** 63), 0.5, 1e300];
/** Deeper structs stay empty. */
const MAX_DEPTH = 9;

/** Makes requests by chance: the same ones from the same seed. */
export class Fuzzer {
  readonly #resources: readonly Resource[];
  #state: number;

  constructor({ seed, resources }: { seed: number; resources: readonly Resource[] }) {
    this.#state = seed;
    this.#resources = resources;
  }

  next(): FuzzRequest {
    const resource = this.#pick(this.#resources);
    const method = this.#pick(METHODS);
    const path = this.#path(resource, method) + this.#query();
    const type = this.#pick(MEDIA);
    const headers = {
      accept: this.#pick(ACCEPTS),
      ...(type !== "" && { "content-type": type }),
      ...(this.#chance(0.05) && { "accept-encoding": "gzip" }),
      ...(this.#chance(0.05) && { "if-none-match": '"x"' }),
      ...(this.#chance(0.02) && { "impersonate-user": this.#pick(["a", "", "system:anonymous"]) }),
    };
    if (method === "GET" || method === "HEAD") return { method, path, headers };
    return { method, path, headers, body: this.#body(resource, type) };
  }

  #path({ group, version, plural, namespaced, subresources }: Resource, method: string): string {
    const segments = [group === "" ? "api" : "apis", ...(group === "" ? [] : [group]), version];
    if (namespaced && !this.#chance(0.1)) segments.push("namespaces", this.#name());
    segments.push(plural);
    if (method !== "POST" || this.#chance(0.1)) segments.push(this.#name());
    const subresource = subresources.length > 0 && this.#chance(0.3);
    if (subresource) segments.push(this.#name(), this.#pick(subresources).name);
    if (this.#chance(0.05)) segments.splice(this.#below(segments.length), 1);
    if (this.#chance(0.05)) segments.splice(this.#below(segments.length), 0, this.#name());
    return `/${segments.map((segment) => this.#segment(segment)).join("/")}`;
  }

  #name(): string {
    return this.#chance(0.8) ? this.#pick(["default", "a", "b", "web"]) : this.#pick(TEXTS);
  }

  #segment(text: string): string {
    if (this.#chance(0.01)) return "%zz";
    return encodeURIComponent(text.toWellFormed());
  }

  #query(): string {
    const query = new URLSearchParams();
    while (this.#chance(0.3)) {
      const name = this.#pick(Object.keys(PARAMETERS));
      query.append(name, this.#pick(PARAMETERS[name] ?? []));
    }
    return query.size === 0 ? "" : `?${query}`;
  }

  #body(resource: Resource, type: string): Uint8Array<ArrayBuffer> {
    const text = JSON.stringify(this.#document(resource, type)) ?? "";
    const bytes = Uint8Array.from(Buffer.from(text));
    if (!this.#chance(0.1) || bytes.length === 0) return bytes;
    for (let count = this.#below(4); count >= 0; count--) {
      bytes[this.#below(bytes.length)] = this.#below(256);
    }
    return bytes.slice(0, this.#chance(0.3) ? this.#below(bytes.length) : bytes.length);
  }

  #document(resource: Resource, type: string): unknown {
    if (type === "application/json-patch+json") return this.#jsonPatch(resource);
    if (this.#chance(0.02)) return this.#pick([null, [], "x", 1, {}]);
    const object = this.#object(SCHEMA.object(resource.definition), 0);
    const metadata = { name: this.#name(), ...(this.#chance(0.3) && asObject(object["metadata"])) };
    const typed = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    return { ...object, metadata, ...(this.#chance(0.95) && typed) };
  }

  #jsonPatch(resource: Resource): unknown {
    return Array.from({ length: this.#below(4) }, () => ({
      op: this.#pick(["add", "remove", "replace", "move", "copy", "test", "x"]),
      path: this.#pick([
        "/metadata/labels",
        "/spec",
        "/spec/x/0",
        "",
        "/",
        "a",
        "/metadata/-",
        "/~2",
      ]),
      from: this.#pick(["/spec", "/metadata", "x"]),
      value: this.#value(SCHEMA.object(resource.definition), 0),
    }));
  }

  #object(type: ObjectType, depth: number): Record<string, unknown> {
    const fields = [...type.fields.values()];
    const share = depth < 3 ? 0.5 : 0.15;
    const chosen = fields.filter(() => depth < MAX_DEPTH && this.#chance(share));
    const entries = chosen.map((field) => [field.name, this.#value(field.type, depth + 1)]);
    if (this.#chance(0.02)) entries.push([this.#pick(TEXTS), this.#pick(TEXTS)]);
    if (this.#chance(0.02)) entries.push(["$patch", this.#pick(["delete", "replace", "x"])]);
    return Object.fromEntries(entries);
  }

  #value(type: Type, depth: number): unknown {
    if (this.#chance(0.03)) return this.#pick([null, "x", 1, [], {}, [null], { a: null }, true]);
    switch (type.is) {
      case "object":
        return this.#object(type, depth);
      case "list":
        return Array.from({ length: this.#below(4) }, () => this.#value(type.of, depth + 1));
      case "map":
        return Object.fromEntries(
          Array.from({ length: this.#below(3) }, () => [
            this.#pick(TEXTS),
            this.#value(type.of, depth + 1),
          ]),
        );
      case "scalar":
        return this.#scalar(type.scalar);
    }
  }

  #scalar(scalar: string): unknown {
    if (scalar === "bool") return this.#chance(0.5);
    if (/^int\d|double/.test(scalar)) return this.#pick(NUMBERS);
    if (scalar === "intOrString") return this.#pick([...NUMBERS, ...TEXTS]);
    if (scalar === "raw" || scalar === "fields") return { "f:a": { [this.#pick(TEXTS)]: {} } };
    return this.#pick(TEXTS);
  }

  #pick<T>(list: readonly T[]): T {
    const found = list[this.#below(list.length)];
    if (found === undefined) throw new RangeError("Nothing to pick from");
    return found;
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** Mulberry32. */
  #random(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

const asObject = (value: unknown): object =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
