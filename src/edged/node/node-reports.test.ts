import { expect, test } from "bun:test";
import { aborted } from "#lib/abort.ts";
import { busyboxRuntime } from "#test/kit/busybox-runtime.ts";
import { applyPod, isReady, podOf, startEdged } from "#test/kit/edged-harness.ts";

test("the node is NotReady while its engine is away, and heals by itself", async () => {
  const runtime = busyboxRuntime();
  await using harness = await startEdged({ runtime });
  const { meta } = harness;
  const ready = () => meta.nodes.at(-1)?.status?.conditions?.find(({ type }) => type === "Ready");
  await meta.until("the node is ready", () => ready()?.status === "True");
  expect(ready()?.reason).toBe("EdgeReady");
  runtime.loseEngine("The Docker Engine does not answer");
  await meta.until("the node is not ready", () => ready()?.status === "False");
  expect(ready()).toMatchObject({
    reason: "EdgeNotReady",
    message: "The Docker Engine does not answer",
  });
  await applyPod(harness, podOf("later"));
  runtime.restoreEngine();
  await meta.until("the node is ready again", () => ready()?.status === "True");
  await meta.until("the pod runs", () => isReady(meta.last("later")));
  expect(meta.nodes.at(-1)?.metadata?.labels?.["node-role.kubernetes.io/edge"]).toBe("");
});

test("the node names images that came in an archive, and that somebody brought", async () => {
  const runtime = busyboxRuntime();
  const taken = Promise.withResolvers<() => void>();
  const archives = {
    settled: Promise.resolve(),
    run: async (signal: AbortSignal, onTaken: () => void) => {
      taken.resolve(onTaken);
      await aborted(signal);
    },
  };
  await using harness = await startEdged({ runtime, archives });
  const { meta, edged } = harness;
  const names = () => meta.nodes.at(-1)?.status?.images?.flatMap((image) => image.names ?? []);
  await meta.until("the first image is named", () => names()?.includes("busybox:1"));
  runtime.addImage("archived:1");
  (await taken.promise)();
  await meta.until("the archive's image is named", () => names()?.includes("archived:1"));
  runtime.addImage("brought:1");
  edged.imagesChanged();
  await meta.until("the image that was brought is named", () => names()?.includes("brought:1"));
});

test("a node whose object was removed reports again at once, though nothing else has changed", async () => {
  await using harness = await startEdged({ runtime: busyboxRuntime() });
  const { meta } = harness;
  const node = await meta.until("it has said all of itself", () => {
    const last = meta.nodes.at(-1);
    return last?.status?.images?.length === 1 && last;
  });
  const before = meta.nodes.length;
  await harness.send("update", "default/node/edge", node);
  await harness.send("delete", "default/node/edge", node);
  await meta.until("it is reported", () => meta.nodes.length > before);
  expect(meta.nodes.at(-1)?.metadata).toEqual(node.metadata);
});
