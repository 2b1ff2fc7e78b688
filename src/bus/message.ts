/**
 * KubeEdge's beehive message, with its exact JSON (staging/src/github.com/kubeedge/beehive
 * pkg/core/model/message.go). In process it travels by reference and frozen.
 */
export interface Message<C = unknown> {
  readonly header: MessageHeader;
  readonly route: MessageRoute;
  readonly content: C;
}

export interface MessageHeader {
  readonly msg_id: string;
  /** The message that this one answers. */
  readonly parent_msg_id?: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly resourceversion?: string;
  /** The sender waits for an answer. */
  readonly sync?: boolean;
}

export interface MessageRoute {
  readonly source?: string;
  readonly group?: string;
  readonly operation?: string;
  /** `<namespace>/<type>/<name>`, behind `node/<id>/` on the way to or from a joined node. */
  readonly resource?: string;
}
