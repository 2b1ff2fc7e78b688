import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { Item, WatchEvent, type WatchEventType } from "#api/item.ts";
import { deepFreeze, type KubeObject, type ListMeta } from "#api/object.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { StatusError } from "#api/status.ts";
import type {
  DeleteOptions,
  DeleteResult,
  ListOptions,
  ListResult,
  NamedTarget,
  Patch,
  ReadOptions,
  Target,
  Verbs,
  Watch,
  WatchOptions,
  WriteOptions,
} from "#api/verbs.ts";
import { lines } from "#lib/lines.ts";
import { isStatus, pathOf, type RestRequest, send, unreachable } from "./rest.ts";

export interface NodeTransportOptions {
  /** The text of a kubeconfig; its current context is used. */
  readonly kubeconfig: string;
  /** Longest wait for the answer to anything but a watch. Default 60 s. */
  readonly requestTimeoutMs?: number;
  readonly random?: () => number;
}

/** client-go's reflector asks for watches of 5 to 10 minutes. */
const MIN_WATCH_SECONDS = 300;
/** How long after its time a silent watch is given up: its connection is dead. */
const WATCH_GRACE_SECONDS = 30;

const PATCH_TYPES = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const satisfies Record<Patch["type"], string>;

/** The verbs of a real API server over TLS, as the user of a kubeconfig. */
export function createNodeTransport(options: NodeTransportOptions): Verbs {
  const config = new KubeConfig();
  config.loadFromString(options.kubeconfig);
  return new NodeTransport(config, options);
}

class NodeTransport implements Verbs {
  readonly #config: KubeConfig;
  readonly #requestTimeoutMs: number;
  readonly #random: () => number;

  constructor(config: KubeConfig, options: NodeTransportOptions) {
    this.#config = config;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 60_000;
    this.#random = options.random ?? Math.random;
  }

  async get<T extends KubeObject>(
    target: NamedTarget<T>,
    options: ReadOptions = {},
  ): Promise<Item<T>> {
    const request = { method: "GET", path: pathOf(target), query: { ...options } } as const;
    return item<T>(await this.#json(request));
  }

  async list<T extends KubeObject>(
    target: Target<T>,
    options: ListOptions = {},
  ): Promise<ListResult<T>> {
    const request = { method: "GET", path: pathOf(target), query: { ...options } } as const;
    return listResult(target.resource, await this.#json(request));
  }

  async watch<T extends KubeObject>(
    target: Target<T>,
    { signal, ...options }: WatchOptions & { readonly signal: AbortSignal },
    onEvent: (event: WatchEvent<T>) => void,
  ): Promise<Watch> {
    const timeoutSeconds =
      options.timeoutSeconds ?? Math.ceil(MIN_WATCH_SECONDS * (1 + this.#random()));
    const deadline = AbortSignal.timeout((timeoutSeconds + WATCH_GRACE_SECONDS) * 1000);
    const { body } = await send(this.#config, {
      method: "GET",
      path: pathOf(target),
      query: { ...options, timeoutSeconds, watch: true },
      signal: AbortSignal.any([signal, deadline]),
    });
    const stream = body.stream() ?? new ReadableStream();
    const ended = follow(stream, onEvent).catch((error: unknown) => {
      if (!signal.aborted) throw error instanceof StatusError ? error : unreachable(error);
    });
    // Whoever cares awaits it; nobody has to.
    ended.catch(() => undefined);
    return { ended };
  }

  create<T extends KubeObject>(
    target: Target<T>,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<Item> {
    const body = { type: "application/json", value: object };
    return this.#write({ method: "POST", path: pathOf(target), body }, options);
  }

  update<T extends KubeObject>(
    target: NamedTarget<T>,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<Item> {
    const body = { type: "application/json", value: object };
    return this.#write({ method: "PUT", path: pathOf(target), body }, options);
  }

  patch<T extends KubeObject>(
    target: NamedTarget<T>,
    { type, body: value, force }: Patch,
    options: WriteOptions = {},
  ): Promise<Item> {
    const body = { type: PATCH_TYPES[type], value };
    return this.#write({ method: "PATCH", path: pathOf(target), query: { force }, body }, options);
  }

  async delete<T extends KubeObject>(
    target: NamedTarget<T>,
    options: DeleteOptions = {},
  ): Promise<DeleteResult<T>> {
    const answer = await this.#json({ method: "DELETE", path: pathOf(target), ...drop(options) });
    if (!isStatus(answer)) return { kept: item<T>(answer) };
    // The answer only names what is gone.
    const { resource, namespace, name } = target;
    const metadata = { name, ...(namespace !== "" && { namespace }) };
    const gone = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
    return { gone: item<T>(gone), status: answer };
  }

  async deleteCollection<T extends KubeObject>(
    target: Target<T>,
    options: DeleteOptions & ListOptions = {},
  ): Promise<ListResult<T>> {
    const { labelSelector, fieldSelector, resourceVersion, ...rest } = options;
    const query = { labelSelector, fieldSelector, resourceVersion };
    const request = { ...drop(rest), query };
    const answer = await this.#json({ method: "DELETE", path: pathOf(target), ...request });
    if (isStatus(answer)) return { items: [], resourceVersion: "" };
    return listResult(target.resource, answer);
  }

  async #write(
    request: Omit<RestRequest, "signal">,
    { dryRun, fieldManager, fieldValidation, warn }: WriteOptions,
  ): Promise<Item> {
    const query = {
      ...request.query,
      fieldManager,
      fieldValidation,
      dryRun: dryRun ? "All" : undefined,
    };
    return item(await this.#json({ ...request, query, warn }));
  }

  async #json(request: Omit<RestRequest, "signal">): Promise<unknown> {
    const signal = AbortSignal.timeout(this.#requestTimeoutMs);
    const { body } = await send(this.#config, { ...request, signal });
    try {
      return JSON.parse(await body.text());
    } catch (error) {
      throw unreachable(error);
    }
  }
}

function drop({ dryRun, warn, ...options }: DeleteOptions): Pick<RestRequest, "body" | "warn"> {
  const value = {
    apiVersion: "v1",
    kind: "DeleteOptions",
    ...options,
    ...(dryRun && { dryRun: ["All"] }),
  };
  return { body: { type: "application/json", value }, warn };
}

/** The server speaks for the type: what it serves under a resource is of that kind. */
function item<T extends KubeObject>(answer: unknown): Item<T> {
  return new Item(deepFreeze(answer as T));
}

interface ListAnswer {
  readonly metadata: ListMeta;
  readonly items: readonly object[] | null;
}

function listResult<T extends KubeObject>(resource: Resource<T>, answer: unknown): ListResult<T> {
  const { metadata, items } = answer as ListAnswer;
  // A server leaves out in list items what the list itself says.
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  return {
    items: (items ?? []).map((one) => item<T>({ ...type, ...one })),
    resourceVersion: metadata.resourceVersion ?? "",
    ...(metadata.continue !== undefined && { continue: metadata.continue }),
    ...(metadata.remainingItemCount !== undefined && {
      remainingItemCount: metadata.remainingItemCount,
    }),
  };
}

interface Line {
  readonly type: WatchEventType | "ERROR";
  readonly object: unknown;
}

async function follow<T extends KubeObject>(
  stream: ReadableStream<Uint8Array>,
  onEvent: (event: WatchEvent<T>) => void,
): Promise<void> {
  for await (const line of lines(stream)) {
    // A server may send white space to say that it is there.
    if (line.trim() === "") continue;
    const { type, object }: Line = JSON.parse(line);
    if (type !== "ERROR") onEvent(new WatchEvent(type, item<T>(object)));
    else if (isStatus(object)) throw StatusError.from(object);
    else throw new TypeError("A watch reported an error that is no Status");
  }
}
