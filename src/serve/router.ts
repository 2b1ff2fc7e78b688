import type { Verb } from "#api/resource.ts";
import { badRequest, methodNotAllowed, type StatusError, verbNotSupported } from "#api/status.ts";
import type { ApiOptions, Connection } from "./api-options.ts";
import type { Call, Handler } from "./call.ts";
import { notFoundText } from "./error-response.ts";
import { logHandler } from "./handlers/log.ts";
import { get, list } from "./handlers/read.ts";
import { remove, removeCollection } from "./handlers/remove.ts";
import { watch } from "./handlers/watch.ts";
import { create, patch, update } from "./handlers/write.ts";
import { streamOf } from "./pod-streams.ts";
import { ObjectProxy } from "./proxy/proxy.ts";
import { flag } from "./query.ts";
import { isProxy, isStream, type ResourcePath } from "./request-path.ts";
import { overWebSocket } from "./streams/body-messages.ts";
import type { Upgrade } from "./streams/stream-socket.ts";

const HANDLERS: Readonly<Record<Verb, Handler>> = {
  create,
  delete: remove,
  deletecollection: removeCollection,
  get,
  list,
  patch,
  update,
  watch,
};

const COLLECTION_VERBS: Readonly<Record<string, Verb>> = {
  GET: "list",
  POST: "create",
  DELETE: "deletecollection",
};

const OBJECT_VERBS: Readonly<Record<string, Verb>> = {
  GET: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Those of a subresource; also of a custom object, which may be made at any object's path. */
const SUBRESOURCE_VERBS: Readonly<Record<string, Verb>> = { ...OBJECT_VERBS, POST: "create" };

/** Finds the verb that a request means, and answers with it. */
export class Router {
  readonly #options: Pick<ApiOptions, "nodeStreams" | "openStream">;
  readonly #log: Handler;
  readonly #proxy: ObjectProxy;

  constructor(options: Pick<ApiOptions, "nodeStreams" | "openStream">) {
    this.#options = options;
    this.#log = logHandler(options.nodeStreams);
    this.#proxy = new ObjectProxy(options.nodeStreams);
  }

  /** Hands a request for another protocol on; `undefined` where its path is no proxy's. */
  async upgradeProxied(call: Call): Promise<Upgrade | Response | undefined> {
    return isProxy(call.path) ? await this.#proxy.upgrade(call) : undefined;
  }

  /** @throws StatusError 405 for a method that the resource does not have, and all that verbs throw. */
  async answer(call: Call, connection: Connection): Promise<Response> {
    const { path, request } = call;
    const { server, headFirst = unchanged } = connection;
    if (isProxy(path)) return headFirst(await this.#proxy.answer(call));
    if (isNowhere(call)) return notFoundText();
    const verb = verbOf(call);
    if (isStream(path)) {
      const { nodeStreams: streams, openStream } = this.#options;
      return await openStream(
        { request, stream: await streamOf(call), streams, audit: call.audit },
        connection,
      );
    }
    if (path.subresource === "log") {
      return headFirst(overWebSocket(await this.#log(call), { request, server, form: "bytes" }));
    }
    const response = await HANDLERS[verb](call);
    return verb === "watch"
      ? headFirst(overWebSocket(response, { request, server, form: "lines" }))
      : response;
  }
}

const unchanged = (answer: Response): Response => answer;

/** @throws StatusError 405, 404 or 400 where the path has no such verb. */
export function verbOf(call: Call): Verb {
  const { path } = call;
  const { resource, subresource } = path;
  const wanted = wantedVerb(call);
  const allowed =
    subresource === undefined
      ? resource.verbs
      : (resource.subresources.find((one) => one.name === subresource)?.verbs ?? []);
  if (wanted !== undefined && allowed.includes(wanted) && !isEverywhere(path, wanted)) {
    return wanted;
  }
  if (resource.custom === undefined) throw methodNotAllowed();
  throw customRefusal(call, wanted);
}

function wantedVerb({ request, path, query }: Call): Verb | undefined {
  // Custom kinds alone may be asked for a head without a body.
  const isHead = request.method === "HEAD" && path.resource.custom !== undefined;
  const verb = methodVerb(isHead ? "GET" : request.method, path);
  if (path.watch) return verb === "get" || verb === "list" ? "watch" : undefined;
  return verb === "list" && flag(query, "watch") ? "watch" : verb;
}

/** What is not done to all objects of a custom kind is not there, as if there were no such path. */
function isNowhere(call: Call): boolean {
  const verb = wantedVerb(call);
  const isCustom = call.path.resource.custom !== undefined;
  return isCustom && verb !== undefined && isEverywhere(call.path, verb);
}

/** Across all namespaces one can only look. */
function isEverywhere({ resource, namespace, name }: ResourcePath, verb: Verb): boolean {
  if (!resource.namespaced || namespace !== "") return false;
  const looks = verb === "list" || verb === "watch";
  return verb === "create" || (name === undefined && !looks);
}

/** What a custom kind does not do is refused in words of its own. */
function customRefusal({ request, path }: Call, verb: Verb | undefined): StatusError {
  if (path.name === undefined && Object.hasOwn(OBJECT_VERBS, request.method)) {
    return badRequest("name must be provided");
  }
  return verbNotSupported(path.resource, verb ?? "");
}

function methodVerb(method: string, path: ResourcePath): Verb | undefined {
  const { resource, name, subresource } = path;
  const isCustomObject = resource.custom !== undefined && name !== undefined;
  if (subresource !== undefined || isCustomObject) return SUBRESOURCE_VERBS[method];
  return name === undefined ? COLLECTION_VERBS[method] : OBJECT_VERBS[method];
}
