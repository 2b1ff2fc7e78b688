import { NAMESPACES } from "#api/resources.ts";
import type { Verbs } from "#api/verbs.ts";
import { type Client, createClient } from "#client/client.ts";
import { createEventRecorder } from "#client/events.ts";
import type { InformerFactory } from "#client/informer.ts";
import { createInformerFactory } from "#client/informer-factory.ts";
import { type Clock, systemClock } from "#lib/clock.ts";
import { type Logger, silentLogger } from "#lib/log.ts";
import { systemTimer, type Timer } from "#lib/timer.ts";
import { createRegistry } from "#site/apiserver/registry.ts";
import { type ControllersOptions, createControllers } from "#site/controllers/controllers.ts";
import { createScheduler } from "#site/scheduler/scheduler.ts";
import { MemoryStore } from "./memory-store.ts";
import { TEST_TOKENS } from "./test-tokens.ts";

/** Here it is about what controllers do, not about what they may. */
const superuser = (name: string) => ({ name: `system:${name}`, groups: ["system:masters"] });

/** What the cluster calls the certificate of its authority. */
export const ROOT_CA = "the authority's certificate";

export interface MemoryClusterOptions {
  readonly clock?: Clock;
  readonly timer?: Timer;
  readonly log?: Logger;
  /** An API server that is there already, in place of an own registry. */
  readonly api?: { readonly store: MemoryStore; readonly verbs: Verbs };
}

/** A control plane without a wire or a disk: registry, controllers and scheduler over a memory store. */
export interface MemoryCluster extends AsyncDisposable {
  readonly store: MemoryStore;
  /** An administrator's. */
  readonly verbs: Verbs;
  readonly client: Client;
  readonly informers: InformerFactory;
  /** Aborts when the cluster is disposed of. */
  readonly signal: AbortSignal;
  /** Starts controllers and scheduler; resolves once they are ready. */
  start(options?: Partial<ControllersOptions>): Promise<void>;
}

export async function createMemoryCluster(
  options: MemoryClusterOptions = {},
): Promise<MemoryCluster> {
  const { clock = systemClock, timer = systemTimer, log = silentLogger } = options;
  const stop = new AbortController();
  const { signal } = stop;
  const store = options.api?.store ?? new MemoryStore();
  const registry = createRegistry({
    tokens: TEST_TOKENS,
    store,
    clock,
    timer,
    serviceCidr: "10.43.0.0/16",
    signal,
  });
  const verbsOf = (user: string): Verbs => options.api?.verbs ?? registry.as(superuser(user));
  const verbs = verbsOf("test");
  const client = createClient({ verbs });
  if (!options.api) await createNamespaces(client);
  const informers = createInformerFactory({
    verbs: verbsOf("informers"),
    signal,
    log,
    clock,
  });
  const running: Promise<void>[] = [];
  return {
    store,
    verbs,
    client,
    informers,
    signal,
    async start(more = {}) {
      const clientOf = (user: string): Client => createClient({ verbs: verbsOf(user) });
      const events = (component: string) =>
        createEventRecorder({ client: clientOf(component), component, clock, log, signal });
      const { catalog, security } = registry;
      const tokens = {
        rootCa: ROOT_CA,
        tokenForSecret: security.tokens.issueForSecret.bind(security.tokens),
      };
      const shared = { informers, log, clock, timer };
      const modules = [
        createControllers({
          ...{ ...tokens, ...shared, catalog, client: clientOf, apiServer: client, events },
          allows: (user, access) => security.authorizer.decide(user, access).allowed,
          sign: () => "",
          ...more,
        }),
        createScheduler({
          ...shared,
          client: clientOf("kube-scheduler"),
          events: events("default-scheduler"),
        }),
      ];
      for (const module of modules) {
        await new Promise<void>((ready, reject) => {
          const run = module.run({ signal, ready });
          running.push(run);
          run.catch(reject);
        });
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(running);
    },
  };
}

async function createNamespaces(client: Client): Promise<void> {
  for (const name of ["default", "kube-system", "kube-node-lease"]) {
    const metadata = { name };
    await client.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata });
  }
}
