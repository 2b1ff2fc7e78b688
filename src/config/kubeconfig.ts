import { Document, isMap, isSeq, parseDocument, type YAMLMap } from "yaml";
import { UserError } from "#lib/errors.ts";

/** Where a cluster is. */
export interface ClusterAddress {
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string;
}

/** What shows who a client is: a bearer token, or a certificate with its key, PEM. Secrets, and so is everything made from them here. */
type Credential =
  | { readonly token: string }
  | { readonly certificate: string; readonly key: string };

/** What a client needs to reach a cluster as somebody. */
export type ClusterAccess = ClusterAddress &
  Credential & {
    /** Of cluster, user and context. Default `edgesite`. */
    readonly name?: string;
  };

export interface MergeOptions {
  /** Makes our context the current one, whatever was. Otherwise it is where none was. */
  readonly makeCurrent?: boolean;
}

const DEFAULT_NAME = "edgesite";

/** A kubeconfig for one cluster, YAML. */
export function createKubeconfig(access: ClusterAccess): string {
  const document = new Document({ apiVersion: "v1", kind: "Config" });
  insert(document, access, { makeCurrent: true });
  return document.toString(YAML_STYLE);
}

/**
 * An existing kubeconfig with ours in it: entries of our name are replaced, all others and the
 * comments stay.
 * @throws {UserError} when the existing text is no kubeconfig.
 */
export function mergeKubeconfig(
  existing: string,
  access: ClusterAccess,
  options: MergeOptions = {},
): string {
  const document = parseDocument(existing);
  const [problem] = document.errors;
  if (problem) throw notMergeable(problem.message, problem);
  if (document.contents === null) return createKubeconfig(access);
  if (!isMap(document.contents)) throw notMergeable("it is not a mapping");
  for (const list of ["clusters", "users", "contexts"]) {
    const value = document.get(list);
    if (value !== undefined && value !== null && !isSeq(value)) {
      throw notMergeable(`"${list}" is not a list`);
    }
  }
  insert(document, access, options);
  return document.toString(YAML_STYLE);
}

const YAML_STYLE = { lineWidth: 0 };

function insert(document: Document, access: ClusterAccess, { makeCurrent }: MergeOptions): void {
  const { server, ca, name = DEFAULT_NAME } = access;
  const authority = base64(ca);
  const cluster = { server, "certificate-authority-data": authority };
  put(document, "clusters", { name, cluster });
  put(document, "users", { name, user: credentialOf(access) });
  put(document, "contexts", { name, context: { cluster: name, user: name } });
  const current = document.get("current-context");
  if (makeCurrent || current === undefined || current === null || current === "") {
    document.set("current-context", name);
  }
}

function credentialOf(access: ClusterAccess): object {
  if ("token" in access) return { token: access.token };
  return {
    "client-certificate-data": base64(access.certificate),
    "client-key-data": base64(access.key),
  };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

type Entry = { readonly name: string } & Readonly<Record<string, unknown>>;

/** Puts an entry in place of the one with its name, else at the end. */
function put(document: Document, list: string, entry: Entry): void {
  const entries = document.get(list);
  const node = document.createNode(entry);
  if (!isSeq<YAMLMap>(entries)) {
    document.set(list, [entry]);
    return;
  }
  const at = entries.items.findIndex((item) => isMap(item) && item.get("name") === entry.name);
  if (at < 0) entries.add(node);
  else entries.set(at, node);
}

function notMergeable(why: string, cause?: unknown): UserError {
  return new UserError(`Cannot merge into the kubeconfig: ${why}`, { cause });
}
