import type { Client } from "#client/client.ts";
import type { EventRecorder } from "#client/events.ts";
import type { InformerFactory } from "#client/informer.ts";
import type { QueueMetrics } from "#client/queue-metrics.ts";
import { WorkQueue } from "#client/workqueue.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";

/** What every controller lives on. */
export interface ControllerDeps {
  /** The API as one controller's own user: `deployment-controller`. */
  client(user: string): Client;
  readonly informers: InformerFactory;
  /** Events are recorded under the component's name, which is the controller's user. */
  events(component: string): EventRecorder;
  readonly log: Logger;
  readonly clock: Clock;
  /** Rings when a delayed key is due; the system's by default. */
  readonly timer?: Timer;
  /** Where work queues are counted. */
  readonly queues?: QueueMetrics;
}

/** The deps dressed for one controller: its own client, recorder and queue. */
export function equip(deps: ControllerDeps, user: string) {
  const { informers, log, clock, timer, queues } = deps;
  return {
    informers,
    log,
    clock,
    client: deps.client(user),
    events: deps.events(user),
    queue: new WorkQueue({
      clock,
      ...(timer && { timer }),
      ...(queues && { observer: queues.of(user) }),
    }),
  };
}
