import type { GroupVersionKind, Subresource } from "../resource.ts";
import { type ObjectType, SCHEMA } from "../schema.ts";
import { customDefinition, customListDefinition } from "./custom.ts";
import type { DescribedResource } from "./described-resource.ts";
import { capital, tagOf, versionName } from "./names.ts";
import {
  BEHIND,
  DELETE_PARAMETERS,
  LIST_PARAMETERS,
  NAME,
  NAMESPACE,
  PATCH_PARAMETERS,
  type Parameter,
  PRETTY,
  PROXY_PATH,
  WRITE_PARAMETERS,
} from "./parameters.ts";
import type { CustomDefinition } from "./schemas.ts";

export type Method = "delete" | "get" | "head" | "options" | "patch" | "post" | "put";

type Described = ObjectType | CustomDefinition;

/** What one method at one path does, for both OpenAPI versions. */
export interface Operation {
  readonly path: string;
  readonly method: Method;
  /** `x-kubernetes-action` */
  readonly action: string;
  readonly id: string;
  readonly tag: string;
  readonly description: string;
  readonly kind: GroupVersionKind;
  /** Of a custom kind: what is sent has no protobuf, what is patched has no merge keys. */
  readonly isCustom: boolean;
  readonly parameters: readonly Parameter[];
  /** What the body holds; a patch has a type of its own. */
  readonly body?: Described | "patch";
  /** Absent: text. */
  readonly response?: Described;
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

/** `/api/v1`, `/apis/apps/v1` */
export function basePath({ group, version }: { group: string; version: string }): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** What all operations of one resource have in common. */
interface Context {
  readonly resource: DescribedResource;
  readonly object: Described;
  /** Absent for kinds that are not listed. */
  readonly list: Described | undefined;
  readonly collection: string;
  readonly scope: readonly Parameter[];
  /** `CoreV1` */
  readonly prefix: string;
  /** `NamespacedPod` */
  readonly noun: string;
}

function contextOf(resource: DescribedResource): Context {
  const { group, version, kind, plural, namespaced, definition } = resource;
  const base = basePath(resource);
  const custom = customDefinition(resource);
  return {
    resource,
    object: custom ?? SCHEMA.object(definition),
    list: listOf(resource, custom),
    collection: namespaced ? `${base}/namespaces/{namespace}/${plural}` : `${base}/${plural}`,
    scope: namespaced ? [NAMESPACE, PRETTY] : [PRETTY],
    prefix: versionName({ group, version }),
    noun: namespaced ? `Namespaced${kind}` : kind,
  };
}

function listOf(
  resource: DescribedResource,
  custom: ReturnType<typeof customDefinition>,
): Described | undefined {
  if (custom) return customListDefinition(resource, custom);
  const { verbs, definition } = resource;
  return verbs.includes("list") ? SCHEMA.object(`${definition}List`) : undefined;
}

type Part = Pick<Operation, "method" | "action" | "description" | "parameters"> &
  Partial<Pick<Operation, "body" | "response">>;

function operation(
  { resource, prefix }: Context,
  { path, id, kind = resource }: { path: string; id: string; kind?: GroupVersionKind },
  part: Part,
): Operation {
  return {
    ...part,
    path,
    id,
    tag: tagOf(prefix),
    kind: { group: kind.group, version: kind.version, kind: kind.kind },
    isCustom: resource.custom !== undefined,
  };
}

function* collectionOperations(context: Context): Iterable<Operation> {
  const { resource, object, collection, scope, prefix, noun } = context;
  const { kind, verbs } = resource;
  const list = context.list && {
    method: "get" as const,
    action: "list" as const,
    description: `list or watch objects of kind ${kind}`,
    response: context.list,
  };
  if (list)
    yield operation(
      context,
      { path: collection, id: `list${prefix}${noun}` },
      { ...list, parameters: [...scope, ...LIST_PARAMETERS] },
    );
  if (list && resource.namespaced)
    yield operation(
      context,
      {
        path: `${basePath(resource)}/${resource.plural}`,
        id: `list${prefix}${kind}ForAllNamespaces`,
      },
      { ...list, parameters: [PRETTY, ...LIST_PARAMETERS] },
    );
  if (verbs.includes("create"))
    yield operation(
      context,
      { path: collection, id: `create${prefix}${noun}` },
      {
        method: "post",
        action: "post",
        description: `create a ${kind}`,
        parameters: [...scope, ...WRITE_PARAMETERS],
        body: object,
        response: object,
      },
    );
  if (verbs.includes("deletecollection"))
    yield operation(
      context,
      { path: collection, id: `delete${prefix}Collection${noun}` },
      {
        method: "delete",
        action: "deletecollection",
        description: `delete collection of ${kind}`,
        parameters: [...scope, ...LIST_PARAMETERS, ...DELETE_PARAMETERS],
        body: SCHEMA.object(`${META}.DeleteOptions`),
        response: SCHEMA.object(`${META}.Status`),
      },
    );
}

/** Reads and writes of one object or of a subresource that is read and written like one. */
function* objectOperations(
  context: Context,
  {
    verbs,
    object,
    suffix,
    kind,
  }: {
    verbs: readonly string[];
    object: Described;
    suffix: string;
    kind: GroupVersionKind;
  },
): Iterable<Operation> {
  const { collection, prefix, noun, scope } = context;
  const path = `${collection}/{name}${suffix === "" ? "" : `/${suffix}`}`;
  const named = [NAME, ...scope];
  const what =
    suffix === "" ? `the specified ${kind.kind}` : `${suffix} of the specified ${kind.kind}`;
  const target = (verb: string) => ({
    path,
    id: `${verb}${prefix}${noun}${capital(suffix)}`,
    kind,
  });
  if (verbs.includes("get"))
    yield operation(context, target("read"), {
      method: "get",
      action: "get",
      description: `read ${what}`,
      parameters: named,
      response: object,
    });
  if (verbs.includes("update"))
    yield operation(context, target("replace"), {
      method: "put",
      action: "put",
      description: `replace ${what}`,
      parameters: [...named, ...WRITE_PARAMETERS],
      body: object,
      response: object,
    });
  if (verbs.includes("patch"))
    yield operation(context, target("patch"), {
      method: "patch",
      action: "patch",
      description: `partially update ${what}`,
      parameters: [...named, ...PATCH_PARAMETERS],
      body: "patch",
      response: object,
    });
  if (verbs.includes("delete"))
    yield operation(context, target("delete"), {
      method: "delete",
      action: "delete",
      description: `delete a ${kind.kind}`,
      parameters: [...named, ...DELETE_PARAMETERS],
      body: SCHEMA.object(`${META}.DeleteOptions`),
      response: SCHEMA.object(`${META}.Status`),
    });
}

const PROXY_METHODS = ["delete", "get", "head", "options", "patch", "post", "put"] as const;

/** A proxy takes every method, for itself and for all paths behind it. */
function* proxyOperations(context: Context, subresource: Subresource): Iterable<Operation> {
  const { collection, prefix, noun, scope, resource } = context;
  const path = `${collection}/{name}/${subresource.name}`;
  for (const method of PROXY_METHODS) {
    const id = `connect${prefix}${capital(method)}${noun}Proxy`;
    const part = {
      method,
      action: "connect",
      description: `connect ${method.toUpperCase()} requests to proxy of ${resource.kind}`,
    };
    const named = scope.filter((one) => one !== PRETTY);
    const target = { kind: subresource };
    yield operation(
      context,
      { ...target, path, id },
      { ...part, parameters: [NAME, ...named, PROXY_PATH] },
    );
    yield operation(
      context,
      { ...target, path: `${path}/{path}`, id: `${id}WithPath` },
      { ...part, parameters: [NAME, ...named, BEHIND, PROXY_PATH] },
    );
  }
}

/** Streams have no definition: exec, attach, portforward, log. */
function* streamOperations(context: Context, subresource: Subresource): Iterable<Operation> {
  const { collection, prefix, noun, scope } = context;
  const { name, verbs } = subresource;
  const isLog = name === "log";
  for (const method of ["get", "post"] as const) {
    const verb = method === "get" ? "get" : "create";
    if (!verbs.includes(verb)) continue;
    const id = isLog
      ? `read${prefix}${noun}Log`
      : `connect${prefix}${capital(method)}${noun}${capital(name)}`;
    yield operation(
      context,
      { path: `${collection}/{name}/${name}`, id, kind: subresource },
      {
        method,
        action: isLog ? "get" : "connect",
        description: `connect ${method.toUpperCase()} requests to ${name} of ${context.resource.kind}`,
        parameters: [NAME, ...scope],
      },
    );
  }
}

function* subresourceOperations(context: Context): Iterable<Operation> {
  for (const subresource of context.resource.subresources) {
    const { name, verbs } = subresource;
    const isOwn = subresource.kind === context.resource.kind;
    const object = isOwn ? context.object : SCHEMA.ofKind(subresource);
    if (name === "proxy") yield* proxyOperations(context, subresource);
    else if (object === undefined || name === "log") yield* streamOperations(context, subresource);
    else {
      yield* objectOperations(context, { verbs, object, suffix: name, kind: subresource });
      if (!verbs.includes("create")) continue;
      const { collection, prefix, noun, scope } = context;
      yield operation(
        context,
        {
          path: `${collection}/{name}/${name}`,
          id: `create${prefix}${noun}${capital(name)}`,
          kind: subresource,
        },
        {
          method: "post",
          action: "post",
          description: `create ${name} of a ${context.resource.kind}`,
          parameters: [NAME, ...scope, ...WRITE_PARAMETERS],
          body: object,
          response: object,
        },
      );
    }
  }
}

/** Every operation of the resources, by path. */
export function operationsByPath(
  resources: readonly DescribedResource[],
): ReadonlyMap<string, readonly Operation[]> {
  const found = new Map<string, Operation[]>();
  for (const resource of resources) {
    const context = contextOf(resource);
    const { verbs } = resource;
    const own = { verbs, object: context.object, suffix: "", kind: resource };
    for (const each of [
      ...collectionOperations(context),
      ...objectOperations(context, own),
      ...subresourceOperations(context),
    ])
      found.set(each.path, [...(found.get(each.path) ?? []), each]);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The objects that operations take and give, with those that every answer may hold. */
export function* objectsOf(operations: Iterable<readonly Operation[]>): Iterable<Described> {
  yield SCHEMA.object(`${META}.Status`);
  yield SCHEMA.object(`${META}.WatchEvent`);
  for (const { body, response } of [...operations].flat()) {
    if (body !== undefined && body !== "patch") yield body;
    if (response !== undefined) yield response;
  }
}
