import { type Access, accessTo } from "#api/access.ts";
import { parseFieldSelector } from "#api/field-selector.ts";
import { flag } from "./query.ts";
import type { ResourcePath } from "./request-path.ts";

/** The part of a request that says what it wants. */
export interface Wish {
  readonly method: string;
  readonly url: URL;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** What a request for a served resource is to an authorizer (apiserver `RequestInfoFactory`). */
export function accessOfResource(path: ResourcePath, wish: Wish): Access {
  const verb = path.watch ? "watch" : (VERBS[wish.method] ?? "");
  if (path.name !== undefined) return accessTo(path, verb);
  const required = requiredFields(path, wish);
  const name = required?.("metadata.name");
  const target = name === undefined ? path : { ...path, name };
  return { ...accessTo(target, collectionVerb(verb, wish.url)), ...(required && { required }) };
}

/**
 * What a request is to an authorizer whose path names nothing that is served: it is refused before
 * it is told so.
 */
export function accessOfUnknown({ method, url }: Wish): Access {
  const [root, ...parts] = url.pathname
    .split("/")
    .slice(1)
    .filter((part) => part !== "");
  const group = root === "apis" ? parts.shift() : root === "api" ? "" : undefined;
  const [version = "", ...rest] = parts;
  if (group === undefined || rest.length === 0) {
    return { verb: method.toLowerCase(), path: url.pathname };
  }
  const watch = rest[0] === "watch" && rest.length > 1;
  if (watch) rest.shift();
  const inNamespace = rest[0] === "namespaces" && rest.length > 2;
  const namespace = inNamespace ? (rest[1] ?? "") : "";
  const [resource = "", name = "", subresource = ""] = inNamespace ? rest.slice(2) : rest;
  const verb = watch ? "watch" : (VERBS[method] ?? "");
  const wanted = name === "" ? collectionVerb(verb, url) : verb;
  return { verb: wanted, group, version, resource, subresource, namespace, name };
}

function collectionVerb(verb: string, url: URL): string {
  if (verb === "delete") return "deletecollection";
  if (verb !== "get") return verb;
  return flag(url.searchParams, "watch") ? "watch" : "list";
}

/**
 * What the selector of a list or watch demands: whoever asks for one object by its name may be
 * allowed that object alone, and a node the pods that are on it.
 */
function requiredFields({ resource }: ResourcePath, { method, url }: Wish) {
  const selector = url.searchParams.get("fieldSelector") ?? "";
  if (VERBS[method] !== "get" || selector === "") return undefined;
  try {
    return parseFieldSelector(resource, selector).required;
  } catch {
    // What is wrong with it is told to those who may list.
    return undefined;
  }
}
