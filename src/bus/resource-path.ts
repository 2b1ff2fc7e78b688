/** What a message is about: `<namespace>/<type>[/<name>]`. A name may hold slashes of its own. */
export interface ResourcePath {
  readonly namespace: string;
  readonly type: string;
  /** Absent: all of that type. */
  readonly name?: string;
}

const NODE_PREFIX = "node";

/**
 * The resource string of the edge side.
 * @throws {TypeError} when a part is empty, or namespace or type holds a slash.
 */
export function formatResource({ namespace, type, name }: ResourcePath): string {
  for (const part of [namespace, type]) {
    if (part === "" || part.includes("/")) throw malformed(`${namespace}/${type}/${name ?? ""}`);
  }
  if (name === "") throw malformed(`${namespace}/${type}/`);
  return name === undefined ? `${namespace}/${type}` : `${namespace}/${type}/${name}`;
}

/**
 * Reads a resource string of the edge side.
 * @throws {TypeError} when namespace, type, or a name that is begun is empty.
 */
export function parseResource(resource: string): ResourcePath {
  const [namespace = "", type = "", ...rest] = resource.split("/");
  const name = rest.join("/");
  if (namespace === "" || type === "" || (rest.length > 0 && name === "")) {
    throw malformed(resource);
  }
  return { namespace, type, ...(name !== "" && { name }) };
}

/** Addresses a resource string to one node: `node/<id>/…`, as it travels through cloudhub. */
export function toNode(node: string, resource: string): string {
  if (node === "" || node.includes("/")) throw malformed(`${NODE_PREFIX}/${node}/${resource}`);
  return `${NODE_PREFIX}/${node}/${resource}`;
}

/**
 * Splits what `toNode` made; also of KubeEdge's older `cluster/<c>/node/<id>/…`.
 * @throws {TypeError} when there is no node in front.
 */
export function splitNode(resource: string): { readonly node: string; readonly resource: string } {
  const parts = resource.split("/");
  if (parts[0] === "cluster") parts.splice(0, 2);
  const [prefix, node, ...rest] = parts;
  if (prefix !== NODE_PREFIX || !node || rest.length === 0) throw malformed(resource);
  return { node, resource: rest.join("/") };
}

function malformed(resource: string): TypeError {
  return new TypeError(
    `Cannot use a resource that is not 'namespace/type[/name]': current value is ${JSON.stringify(resource)}`,
  );
}
