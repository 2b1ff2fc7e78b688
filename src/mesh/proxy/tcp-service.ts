import type { Socket, TCPSocketListener, TCPSocketListenOptions } from "bun";
import { Balancer, type BalancerSources, endpointKey } from "./balancer.ts";
import type { ListenerSpec } from "./protocol.ts";
import { RELAY, Side } from "./relay.ts";
import type { ServiceSocket } from "./service-socket.ts";

/** How long each attempt to reach an endpoint may take: kube-proxy's table. */
const DIAL_TIMEOUTS_MS = [250, 500, 1000, 2000];
const KEEP_ALIVE_MS = 60_000;

/** Relays the connections of one port. One that is open is never touched by a change. */
export function openTcpService(spec: ListenerSpec, sources: BalancerSources): ServiceSocket {
  const balancer = new Balancer(spec, sources);
  const server = listenOn(spec, balancer);
  return {
    boundPort: server.port,
    update: (changed) => balancer.update(changed),
    close: () => void server.stop(),
  };
}

function listenOn({ address, port }: ListenerSpec, balancer: Balancer): TCPSocketListener<Side> {
  const settings: TCPSocketListenOptions<Side> = {
    hostname: address,
    port,
    allowHalfOpen: true,
    socket: { ...RELAY, open: (client) => accept(client, balancer) },
  };
  return Bun.listen(settings);
}

function accept(client: Socket<Side>, balancer: Balancer): void {
  const { first, second } = Side.pair(client);
  client.data = first;
  client.setNoDelay(true);
  client.setKeepAlive(true, KEEP_ALIVE_MS);
  const from = client.remoteAddress;
  void connect({ side: second, client: first, from, balancer }).then((reached) => {
    if (!reached) first.abort();
  });
}

interface Connecting {
  readonly side: Side;
  readonly client: Side;
  readonly from: string;
  readonly balancer: Balancer;
}

/**
 * Tries endpoints until one answers. One that refuses is not tried again; one that is slow may be,
 * with more time. The list may change meanwhile: each attempt picks from the newest.
 */
async function connect({ side, client, from, balancer }: Connecting): Promise<boolean> {
  const failed = new Set<string>();
  for (const timeoutMs of DIAL_TIMEOUTS_MS) {
    if (client.closed) return false;
    const endpoint = balancer.pick(from, failed) ?? balancer.pick(from, new Set());
    if (!endpoint) return false;
    const outcome = await dial({ ...endpoint, side, timeoutMs });
    if (outcome === "connected") {
      balancer.reached(from, endpoint);
      if (client.closed) side.abort();
      return true;
    }
    failed.add(endpointKey(endpoint));
    if (outcome === "refused" && !balancer.pick(from, failed)) return false;
  }
  return false;
}

interface Dial {
  readonly address: string;
  readonly port: number;
  readonly side: Side;
  readonly timeoutMs: number;
}

function dial({ address, port, side, timeoutMs }: Dial): Promise<"connected" | "refused" | "late"> {
  const { promise, resolve } = Promise.withResolvers<"connected" | "refused" | "late">();
  let waiting = true;
  const settle = (outcome: "connected" | "refused" | "late"): void => {
    waiting = false;
    clearTimeout(timer);
    resolve(outcome);
  };
  const timer = setTimeout(() => settle("late"), timeoutMs);
  const open = (socket: Socket<Side>): void => {
    if (!waiting) {
      // Nobody waits any more, and what belongs to this side belongs to another socket now.
      socket.data = Side.pair(socket).first;
      socket.terminate();
      return;
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    side.connected(socket);
    settle("connected");
  };
  Bun.connect<Side>({
    hostname: address,
    port,
    data: side,
    allowHalfOpen: true,
    socket: { ...RELAY, open, connectError: () => settle("refused") },
  }).catch(() => settle("refused"));
  return promise;
}
