/** Runs a mesh until it is ready, prints its status, stops it. For a process without CAP_NET_ADMIN. */
import { createBus } from "#bus/create-bus.ts";
import { silentLogger } from "#lib/log.ts";
import { createEdgeMesh } from "#mesh/mesh.ts";

const mesh = createEdgeMesh({
  siteId: "no-privilege",
  gateway: "10.42.0.1",
  podCIDR: "10.42.0.0/24",
  serviceCIDR: "10.43.0.0/16",
  dnsAddress: "169.254.96.16",
  clusterDomain: "cluster.local",
  bus: createBus({ log: silentLogger }),
  meta: { listServices: async () => [], listEndpointSlices: async () => [] },
  log: silentLogger,
});
const stop = new AbortController();
const deadline = new AbortController().signal;
const ready = Promise.withResolvers<void>();
const ended = mesh.module.run({ signal: stop.signal, deadline, ready: ready.resolve });
await ready.promise;
process.stdout.write(JSON.stringify(mesh.status()));
stop.abort(new Error("The test is over"));
await ended;
