/** What edged knows of a pod when it wants a network for it. */
export interface PodAttachment {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** A process in the pod's network namespace. */
  readonly pid: number;
  readonly hostPorts: readonly HostPort[];
}

export interface HostPort {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly hostPort: number;
  readonly containerPort: number;
  /** Absent: every address of the host. */
  readonly hostIP?: string;
}

export interface PodAddresses {
  readonly ipv4: string;
  /** Where the configuration has a range of it. */
  readonly ipv6?: string;
}

/** A pod address must outlive a restart; the database keeps it, this is what the network asks of it. */
export interface AddressLeases {
  /** The address of a pod, the same one for the same UID; durable before it is answered. */
  lease(uid: string): Promise<string>;
  release(uid: string): Promise<void>;
  /** UID → address. */
  all(): ReadonlyMap<string, string>;
}

/**
 * The network of the pods on this node: a routed veth each, no bridge (design §7). All methods are
 * idempotent; what they make on the host carries the site's ID.
 */
export interface PodNetwork {
  /** Sets up masquerade, forwarding and the like, and removes what pods no longer alive left. */
  start(aliveUids: ReadonlySet<string>, signal: AbortSignal): Promise<void>;
  /** Puts the pod on the network and answers its addresses. */
  attach(pod: PodAttachment, signal: AbortSignal): Promise<PodAddresses>;
  /** Takes the pod off and gives its address back. */
  detach(uid: string, signal: AbortSignal): Promise<void>;
}
