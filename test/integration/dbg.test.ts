import { test } from "bun:test";
import { createLogger } from "#lib/log.ts";
import { DEPLOYMENTS, PODS, REPLICA_SETS } from "#api/resources.ts";
import { startFakeKubelet } from "#test/kit/fake-kubelet.ts";
import { createMemoryCluster } from "#test/kit/memory-cluster.ts";
test("dbg", async () => {
  const log = createLogger({ level: "debug", format: "text", write: (l) => void process.stderr.write(l) });
  const cluster = await createMemoryCluster({ log });
  await startFakeKubelet({ ...cluster });
  await cluster.start();
  await cluster.client.create(DEPLOYMENTS, { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "default" }, spec: { replicas: 2, selector: { matchLabels: { app: "x" } }, template: { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "b" }] } } } });
  await Bun.sleep(1500);
  for (const r of [DEPLOYMENTS, REPLICA_SETS, PODS] as const) console.log(JSON.stringify((await cluster.verbs.list({ resource: r as never, namespace: "" })).items.map((i) => i.value), null, 1));
  await cluster[Symbol.asyncDispose]();
});
