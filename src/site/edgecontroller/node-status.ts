import { type Node, nameOf } from "#api/object.ts";
import { NODES } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import { type Clock, rfc3339 } from "#lib/clock.ts";
import { mergeConditions } from "./conditions.ts";

type NodeStatus = NonNullable<Node["status"]>;

/** What a node says of itself. */
export interface NodeReport {
  readonly status: NodeStatus;
  /** The whole Node, where it was sent: a node that somebody deleted can be made from it again. */
  readonly node?: Node;
}

export interface NodeWriterOptions {
  readonly client: Client;
  readonly clock: Clock;
  /**
   * KubeEdge's `nodeUpdateFrequency`: a heartbeat that is older counts from now. The clock of an
   * edge node may be behind.
   */
  readonly heartbeatMs: number;
}

/** How nodes register and report themselves. */
export class NodeWriter {
  readonly #options: NodeWriterOptions;
  readonly #client: Client;

  constructor(options: NodeWriterOptions) {
    this.#options = options;
    this.#client = options.client;
  }

  /** Creates the Node, or takes over one that is there; either way its status is written. */
  async register(node: Node): Promise<void> {
    try {
      await this.#client.create(NODES, node);
    } catch (error) {
      if (!hasReason(error, "AlreadyExists")) throw error;
      await this.mergeMetadata(node);
    }
    if (node.status) await this.#writeStatus(nameOf(node), node.status);
  }

  /** Writes what differs of a status. A node that somebody deleted is there again afterwards. */
  async updateStatus(name: string, { status, node }: NodeReport): Promise<void> {
    try {
      await this.#writeStatus(name, status);
    } catch (error) {
      if (!hasReason(error, "NotFound") || !node) throw error;
      await this.register(node);
    }
  }

  /** Adds labels and annotations to a Node; those of others stay. */
  async mergeMetadata(node: Node): Promise<void> {
    const { labels, annotations } = node.metadata ?? {};
    const body = {
      metadata: { ...(labels && { labels }), ...(annotations && { annotations }) },
    };
    await this.#client.patch(NODES, { namespace: "", name: nameOf(node) }, { type: "merge", body });
  }

  async #writeStatus(name: string, reported: NodeStatus): Promise<void> {
    const current = await this.#client.get(NODES, { namespace: "", name });
    const status = mergeStatus(current.status, this.#refreshed(reported));
    if (Bun.deepEquals(current.status, status)) return;
    const key = { namespace: "", name, subresource: "status" };
    await this.#client.patch(NODES, key, { type: "merge", body: { status } });
  }

  #refreshed(status: NodeStatus): NodeStatus {
    const { clock, heartbeatMs } = this.#options;
    const now = clock.now();
    const conditions = status.conditions?.map((condition) => {
      const { lastHeartbeatTime } = condition;
      if (lastHeartbeatTime === undefined) return condition;
      const isOld = now.getTime() - Date.parse(lastHeartbeatTime) > heartbeatMs;
      return isOld ? { ...condition, lastHeartbeatTime: rfc3339(now) } : condition;
    });
    return { ...status, ...(conditions && { conditions }) };
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

/**
 * Reads a node's status. KubeEdge sends `{UID, Status, ExtendResources}` in updates, edgesite the
 * Node.
 * @throws {TypeError} when there is none.
 */
export function nodeReportIn(name: string, content: unknown): NodeReport {
  if (isRecord(content) && isRecord(content["Status"])) return { status: content["Status"] };
  if (isRecord(content) && isRecord(content["status"])) {
    const { status } = content;
    return { status, ...(isWhole(content) && { node: nodeIn(name, content) }) };
  }
  throw new TypeError("Cannot read a node's status from a message without one");
}

/**
 * Reads a Node.
 * @throws {TypeError} when there is none.
 */
export function nodeIn(name: string, content: unknown): Node {
  if (!isWhole(content)) throw new TypeError("Cannot read a Node from a message without one");
  return { ...content, apiVersion: "v1", kind: "Node", metadata: { ...content.metadata, name } };
}

function isWhole(content: unknown): content is Node {
  return isRecord(content) && isRecord(content["metadata"]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
