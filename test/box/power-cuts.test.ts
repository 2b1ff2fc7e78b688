import { afterAll, beforeAll, expect, test } from "bun:test";
import type { V1Pod, V1PodList } from "@kubernetes/client-node";
import { type Boot, Box } from "#test/kit/box/box.ts";
import { eventually } from "#test/kit/eventually.ts";
import { HELLO } from "#test/kit/hello.ts";
import { rounds } from "#test/kit/soak.ts";

/** For one start of the emulated machine, while others use the processors too. */
const BOOT_MS = 600_000;
const CUTS = rounds({ gate: 5, soak: 50 });
/** From the kernel's start until every pod is Ready, by the clock of the box. */
const READY_SECONDS = 10;
const REPLICAS = 3;
const IN_HELLO = ["-n", "hello"];
/** The power goes after so many writes were acknowledged, and at most so much later. */
const WRITES = { acknowledged: 20, moreMs: 500 };
/** The clock of a machine without a battery. */
const UNSET = new Date("1970-01-01T00:00:30Z");

/** What differs between one start after a power cut and the next. */
const BOOTS: readonly Boot[] = [{}, { date: UNSET }];

let box: Box;
/** Of each pod what no power cut may change, by UID. */
let pods: Map<string | undefined, string>;
let images: string;
let service: string;
/** How much lies in the store after the first cut. */
let stored: string | undefined;
let cuts = 0;
const written = new Set<string>();

const identity = ({ metadata, status }: V1Pod): string =>
  `${metadata?.name} ${status?.podIP} ${status?.phase}`;

async function listPods(): Promise<readonly V1Pod[]> {
  const text = await box.kubectlOutput([...IN_HELLO, "get", "pods", "-o", "json"]);
  const list: V1PodList = JSON.parse(text);
  return list.items;
}

const readySince = ({ status }: V1Pod): number =>
  Math.max(
    ...(status?.conditions ?? [])
      .filter(({ type, status: state }) => type === "Ready" && state === "True")
      .map(({ lastTransitionTime }) => new Date(lastTransitionTime ?? "").getTime() / 1000),
  );

/** Waits until every pod runs for the n-th time and is Ready; a watch costs the box least. */
async function runningPods(restarts: number): Promise<readonly V1Pod[]> {
  const status = "{.status.containerStatuses[*]['restartCount', 'ready']}";
  const path = `jsonpath={.metadata.name} ${status}{"\\n"}`;
  const running = new Set<string>();
  for await (const line of box.kubectlLines([...IN_HELLO, "get", "pods", "--watch", "-o", path])) {
    const [name = "", ...state] = line.split(" ");
    if (state.join(" ") === `${restarts} true`) running.add(name);
    else running.delete(name);
    if (running.size === REPLICAS) break;
  }
  const found = await listPods();
  expect(found.map(({ status: now }) => now?.containerStatuses?.[0])).toMatchObject(
    Array.from({ length: REPLICAS }, () => ({ ready: true, restartCount: restarts })),
  );
  return found;
}

/** Writes until the power goes at some moment, and notes what was acknowledged. */
async function writeIntoThePowerCut(round: number): Promise<void> {
  const items = Array.from({ length: 5000 }, (_, index) => {
    const name = `write-${round}-${index}`;
    return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { name } };
  });
  const enough = Promise.withResolvers<void>();
  let count = 0;
  const writer = box.create(JSON.stringify({ apiVersion: "v1", kind: "List", items }), (name) => {
    written.add(name);
    count += 1;
    if (count === WRITES.acknowledged) enough.resolve();
  });
  await Promise.race([enough.promise, writer]);
  await Bun.sleep(Math.random() * WRITES.moreMs);
  await box.cut();
  await writer;
  expect(count).toBeGreaterThanOrEqual(WRITES.acknowledged);
}

/** How many of what there is in the store, and of pods' directories. */
const storage = (): Promise<string> =>
  box.output(
    'cd /var/lib/edgesite; for d in store/* pods; do [ -d $d ] && echo "$d $(ls $d | wc -l)"; done',
  );

const siteImages = (): Promise<string> => box.output("/edgesite images ls -o json");

/** What must hold whatever the clock says. */
async function expectWhole(): Promise<void> {
  const status = JSON.parse(await box.output("/edgesite status -o json"));
  expect(status).toMatchObject({
    degraded: [],
    runtime: { name: "native" },
    dataPlane: { link: "edge0" },
  });
  expect(status.dataPlane.fallback).toBeUndefined();
  await eventually(
    async () => {
      // busybox's wget of Debian asks the C library's plugins for names, and there are none.
      const page = await box.run(`printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 ${service} 80`);
      return page.output.includes("Hello from the edge");
    },
    { what: "The Service of the pods", withinMs: BOOT_MS },
  );
  expect(Number(await box.output("ps | grep -c '[h]ttpd -f -p 8080'"))).toBe(REPLICAS);
  expect(box.console).not.toMatch(/ (WARN|ERROR) /);
}

beforeAll(async () => {
  box = await Box.create();
  await box.boot();
  await box.ready();
  await box.kubectlOutput(["apply", "-f", HELLO]);
  const found = await runningPods(0);
  pods = new Map(found.map((pod) => [pod.metadata?.uid, identity(pod)]));
  const address = ["get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"];
  service = await box.kubectlOutput([...IN_HELLO, ...address]);
  images = await siteImages();
}, BOOT_MS);

afterAll(async () => {
  await box[Symbol.asyncDispose]();
});

test(
  "a machine with a kernel and nothing else runs the example",
  async () => {
    await expectWhole();
    expect(await box.output("cat /sys/class/net/edge0/uevent")).toContain("INTERFACE=edge0");
    expect(await box.output("ls /sys/devices/virtual/net")).toContain("edge0");
    const limits = "find /sys/fs/cgroup -name memory.max -exec cat {} +";
    expect((await box.output(limits)).split("\n")).toContain(`${32 * 1024 * 1024}`);
    expect((await box.run("/edgesite check")).exitCode).toBe(0);
  },
  BOOT_MS,
);

test.each(Array.from({ length: CUTS }, (_, index) => index + 1))(
  "power cut %i of many: all that was acknowledged is there, and every pod runs again",
  async () => {
    // Tests run in any order.
    cuts += 1;
    const cut = cuts;
    await writeIntoThePowerCut(cut);
    const boot = BOOTS[(cut - 1) % BOOTS.length] ?? {};
    await box.boot(boot);
    await box.ready();
    const found = await runningPods(cut);
    expect(new Map(found.map((pod) => [pod.metadata?.uid, identity(pod)]))).toEqual(pods);
    if (!boot.date) {
      const [, start] = /^btime (\d+)$/m.exec(await box.output("cat /proc/stat")) ?? [];
      const after = Math.max(...found.map(readySince)) - Number(start);
      expect(after).toBeGreaterThan(0);
      expect(after).toBeLessThanOrEqual(READY_SECONDS);
    }
    await expectWhole();
    const path = "jsonpath={range .items[*]}{.data.name}{'\\n'}{end}";
    const there = await box.kubectlOutput(["get", "configmaps", "-o", path]);
    expect([...written.difference(new Set(there.split("\n")))]).toEqual([]);
    expect(await siteImages()).toBe(images);
    stored ??= await storage();
    expect(await storage()).toBe(stored);
  },
  BOOT_MS,
);
