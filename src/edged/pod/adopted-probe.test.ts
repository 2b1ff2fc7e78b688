import { expect, test } from "bun:test";
import type { TCPSocketListener } from "bun";
import type { PodAddresses } from "#edged/network/pod-network.ts";
import { busyboxRuntime } from "#test/kit/busybox-runtime.ts";
import { FakeMeta, FakeNetwork, podOf, startEdged } from "#test/kit/edged-harness.ts";

/** Another address of this machine than the usual one, where nobody else listens. */
const POD_IP = "127.0.0.77";

class OneAddress extends FakeNetwork {
  override attach(): Promise<PodAddresses> {
    return Promise.resolve({ ipv4: POD_IP });
  }
}

/** Never says where the pod is: a network that is slow to come up again. */
class SilentNetwork extends FakeNetwork {
  override attach(_: unknown, signal?: AbortSignal): Promise<never> {
    return new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }
}

function listen(hostname: string, port: number, onConnect: () => void): TCPSocketListener {
  return Bun.listen({ hostname, port, socket: { open: onConnect, data: () => undefined } });
}

test("the pod of an adopted container is probed where it is, never the host in its place", async () => {
  let probes = 0;
  let mistaken = 0;
  using pod = listen(POD_IP, 0, () => {
    probes += 1;
  });
  using _host = listen("127.0.0.1", pod.port, () => {
    mistaken += 1;
  });
  const runtime = busyboxRuntime();
  const [container] = podOf("web").spec?.containers ?? [];
  if (!container) throw new Error("A pod has a container");
  const readinessProbe = { tcpSocket: { port: pod.port }, periodSeconds: 1 };
  const web = podOf("web", { containers: [{ ...container, readinessProbe }] });
  const meta = new FakeMeta();
  const first = await startEdged({ runtime, meta, network: new OneAddress() });
  await first.send("insert", "default/pod/web", web);
  const status = await meta.until("web is ready", () => {
    const last = meta.last("web");
    return last?.containerStatuses?.[0]?.ready && last;
  });
  await first.stop();
  probes = 0;
  const next = new FakeMeta();
  next.pods.set("web", { ...web, status });
  const { podsDirectory } = first;
  await using _second = await startEdged({
    ...{ runtime, podsDirectory, meta: next },
    network: new SilentNetwork(),
  });
  for (let tries = 0; tries < 300 && probes + mistaken === 0; tries += 1) await Bun.sleep(10);
  expect([mistaken, probes > 0]).toEqual([0, true]);
});
