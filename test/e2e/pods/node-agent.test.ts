/** What the node's agent owes to whoever asks for what the node does not have, or takes the node away. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { eventually } from "#test/kit/eventually.ts";
import { SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

const TEST_MS = 120_000;

let site: SiteProcess;

beforeAll(async () => {
  site = await SiteProcess.alone(suiteRuntime());
}, TEST_MS);

afterAll(() => site[Symbol.asyncDispose](), TEST_MS);

const runtimeClass = (name: string, handler: string): string =>
  JSON.stringify({
    apiVersion: "node.k8s.io/v1",
    kind: "RuntimeClass",
    metadata: { name },
    handler,
  });
const pod = (name: string, spec: object = {}): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "main", image: "busybox:1.36", command: ["sleep", "1000"] }],
      ...spec,
    },
  });
const apply = (stdin: string): Promise<string> => site.output(["apply", "-f", "-"], { stdin });
const ready = (name: string): Promise<string> =>
  site.output(["wait", "--for=condition=Ready", `pod/${name}`, "--timeout=60s"]);
const sandboxFailures = (name: string): Promise<string> =>
  site.output([
    ...["get", "events", "-o", "jsonpath={.items[*].message}"],
    `--field-selector=reason=FailedCreatePodSandBox,involvedObject.name=${name}`,
  ]);

test(
  "a pod that asks for a sandbox that the node does not have is never run without it",
  async () => {
    await apply(runtimeClass("plain", "runc"));
    await apply(runtimeClass("gvisor", "runsc"));
    await apply(pod("plain", { runtimeClassName: "plain" }));
    await apply(pod("boxed", { runtimeClassName: "gvisor" }));
    await ready("plain");
    const why =
      'Failed to create pod sandbox: failed to get sandbox runtime: no runtime for "runsc" is configured';
    await eventually(async () => (await sandboxFailures("boxed")) === why);
    expect(await site.output(["get", "pod", "boxed", "--no-headers"])).toContain(
      "ContainerCreating",
    );
    expect(await sandboxFailures("plain")).toBe("");
    // A handler cannot be changed; a class that is made anew is found at the next try.
    await site.output(["replace", "--force", "-f", "-"], { stdin: runtimeClass("gvisor", "runc") });
    await ready("boxed");
  },
  TEST_MS,
);

test(
  "a node that somebody deleted is back at once, and its pods never notice",
  async () => {
    await apply(pod("steady"));
    await ready("steady");
    const uid = () => site.output(["get", "nodes", "-o", "jsonpath={.items[*].metadata.uid}"]);
    const status = () => site.output(["get", "pod", "steady", "-o", "jsonpath={.status}"]);
    const [before, running] = [await uid(), await status()];
    await site.output(["delete", "node", "--all"]);
    await site.nodeReady();
    expect(await uid()).not.toBe(before);
    expect(await status()).toBe(running);
    await apply(pod("later"));
    await ready("later");
  },
  TEST_MS,
);
