import { expect, test } from "bun:test";
import { DEPLOYMENTS, ENDPOINTS, NAMESPACES } from "#api/resources.ts";
import { createNodeTransport } from "#client/node-transport.ts";
import { createLogger } from "#lib/log.ts";
import { testTransport } from "#test/contract/client.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { createExample } from "#test/kit/example.ts";
import { startFakeKubelet } from "#test/kit/fake-kubelet.ts";
import { createMemoryCluster } from "#test/kit/memory-cluster.ts";
import { startTlsApi } from "#test/kit/tls-api.ts";

testTransport("the API in process", async () => {
  const cluster = await createMemoryCluster();
  return {
    verbs: cluster.verbs,
    expire: () => cluster.store.expire(),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
});

testTransport("the API over TLS, through @kubernetes/client-node", async () => {
  const api = await startTlsApi();
  return {
    verbs: createNodeTransport({ kubeconfig: api.kubeconfig() }),
    expire: () => api.store.expire(),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
});

test("a server whose certificate comes from another authority is refused", async () => {
  await using api = await startTlsApi();
  await using other = await startTlsApi();
  const kubeconfig = api.kubeconfig({ authority: other.authority });
  const verbs = createNodeTransport({ kubeconfig });
  const error = await rejection(verbs.list({ resource: NAMESPACES, namespace: "" }));
  expect(error).toMatchObject({ reason: "ServiceUnavailable" });
  expect(error.message).toContain("certificate");
});

test("a credential that nobody knows is 401", async () => {
  await using api = await startTlsApi();
  const kubeconfig = api.kubeconfig({ token: "guessed" });
  const verbs = createNodeTransport({ kubeconfig });
  const error = await rejection(verbs.list({ resource: NAMESPACES, namespace: "" }));
  expect(error).toMatchObject({ code: 401, reason: "Unauthorized" });
});

test("all controllers converge the example over TLS", async () => {
  await using api = await startTlsApi();
  const verbs = createNodeTransport({ kubeconfig: api.kubeconfig() });
  const complaints: string[] = [];
  const write = (line: string): void => void complaints.push(line);
  const log = createLogger({ level: "warn", format: "text", write });
  {
    await using cluster = await createMemoryCluster({ log, api: { store: api.store, verbs } });
    const { client, informers, signal } = cluster;
    await startFakeKubelet({ client, informers, signal });
    await cluster.start();
    await createExample(verbs);
    const web = { namespace: "hello", name: "web" };
    await eventually(
      async () => {
        const { status } = await client.get(DEPLOYMENTS, web);
        const endpoints = await client.get(ENDPOINTS, web);
        return status?.availableReplicas === 3 && endpoints.subsets?.[0]?.addresses?.length === 3;
      },
      { withinMs: 10_000 },
    );
  }
  expect(complaints).toEqual([]);
});
