import type { Node } from "#api/object.ts";
import { NODES } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import { mergeConditions } from "./conditions.ts";

type NodeStatus = NonNullable<Node["status"]>;

/** How nodes register and report themselves. */
export class NodeWriter {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Creates the Node, or takes over one that is there; either way its status is written. */
  async register(name: string, content: unknown): Promise<void> {
    const node = nodeOf(name, content);
    try {
      await this.#client.create(NODES, node);
    } catch (error) {
      if (!hasReason(error, "AlreadyExists")) throw error;
      await this.mergeMetadata(name, node);
    }
    if (node.status) await this.#writeStatus(name, node.status);
  }

  /** Writes what differs of a status. A node that somebody deleted is there again afterwards. */
  async updateStatus(name: string, content: unknown): Promise<void> {
    try {
      await this.#writeStatus(name, statusOf(content));
    } catch (error) {
      if (!hasReason(error, "NotFound") || !isWhole(content)) throw error;
      await this.register(name, content);
    }
  }

  /** Adds labels and annotations to a Node; those of others stay. */
  async mergeMetadata(name: string, content: unknown): Promise<void> {
    const { labels, annotations } = nodeOf(name, content).metadata ?? {};
    const body = {
      metadata: { ...(labels && { labels }), ...(annotations && { annotations }) },
    };
    await this.#client.patch(NODES, { namespace: "", name }, { type: "merge", body });
  }

  async #writeStatus(name: string, reported: NodeStatus): Promise<void> {
    const current = await this.#client.get(NODES, { namespace: "", name });
    const status = mergeStatus(current.status, reported);
    if (Bun.deepEquals(current.status, status)) return;
    const key = { namespace: "", name, subresource: "status" };
    await this.#client.patch(NODES, key, { type: "merge", body: { status } });
  }
}

/** Volumes are attached by a controller of the site, not by the node. */
function mergeStatus(current: NodeStatus = {}, reported: NodeStatus): NodeStatus {
  const { volumesAttached } = current;
  return {
    ...current,
    ...reported,
    ...(volumesAttached && { volumesAttached }),
    conditions: mergeConditions(current.conditions, reported.conditions),
  };
}

/** KubeEdge sends `{UID, Status, ExtendResources}` in updates, edgesite the Node. */
function statusOf(content: unknown): NodeStatus {
  if (isRecord(content) && isRecord(content["Status"])) return content["Status"];
  if (isRecord(content) && isRecord(content["status"])) return content["status"];
  throw new TypeError("Cannot read a node's status from a message without one");
}

function nodeOf(name: string, content: unknown): Node {
  if (!isWhole(content)) throw new TypeError("Cannot read a Node from a message without one");
  return { ...content, apiVersion: "v1", kind: "Node", metadata: { ...content.metadata, name } };
}

function isWhole(content: unknown): content is Node {
  return isRecord(content) && isRecord(content["metadata"]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
