import { NAMESPACES } from "#api/resources.ts";
import { type Client, createClient } from "#client/client.ts";
import type { InformerFactory } from "#client/informer.ts";
import { createInformerFactory } from "#client/informer-factory.ts";
import { silentLogger } from "#lib/log.ts";
import { componentUser } from "#site/apiserver/options.ts";
import { createRegistry } from "#site/apiserver/registry.ts";
import { ManualClock } from "./manual-clock.ts";
import { MemoryStore } from "./memory-store.ts";
import { TEST_TOKENS } from "./test-tokens.ts";

/** The real registry over a store in memory, as a component of the site uses it. */
export interface InProcessApi {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly clock: ManualClock;
}

/** Makes an API with the namespaces that every cluster has; it ends with `signal`. */
export async function createInProcessApi(signal: AbortSignal): Promise<InProcessApi> {
  const clock = new ManualClock();
  const registry = createRegistry({
    tokens: TEST_TOKENS,
    store: new MemoryStore(),
    clock,
    timer: clock,
    serviceCidr: "10.43.0.0/16",
    signal,
  });
  const verbs = registry.as(componentUser("test"));
  const client = createClient({ verbs });
  for (const name of ["default", "kube-system", "kube-node-lease"]) {
    await client.create(NAMESPACES, { metadata: { name } });
  }
  const informers = createInformerFactory({ verbs, signal, log: silentLogger, clock });
  return { client, informers, clock };
}
