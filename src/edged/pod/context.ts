import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";
import type { MetaClient } from "#meta/meta-client.ts";
import type { DnsConfig } from "../container/dns-files.ts";
import type { EventRecorder } from "../events.ts";
import type { ImageManager } from "../image/image-manager.ts";
import type { PodNetwork } from "../network/pod-network.ts";
import type { NodeAddresses } from "../node/node-addresses.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { MemoryMounts } from "../volume/pod-volumes.ts";
import type { NodeAbilities } from "./admission.ts";

/** What all pods of a node share. */
export interface PodContext {
  readonly runtime: Runtime;
  readonly meta: MetaClient;
  readonly network: PodNetwork;
  readonly images: ImageManager;
  readonly events: EventRecorder;
  readonly mounts: MemoryMounts;
  readonly podsDirectory: string;
  readonly dns: DnsConfig;
  readonly addresses: Pick<NodeAddresses, "current">;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly memoryCapacityBytes: number;
  readonly abilities: NodeAbilities;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Logger;
}
