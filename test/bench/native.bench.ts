// How fast and how small are pods without an engine, beside Docker and bare runc on the same box?
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { DockerEngine } from "#test/kit/docker-engine.ts";
import { busyboxArchive } from "#test/kit/image.ts";
import { NativeSuite } from "#test/kit/native-suite.ts";
import { output } from "#test/kit/process.ts";
import { Connection } from "./kit/connection.ts";
import { runningPod } from "./kit/objects.ts";
import { compare } from "./kit/peer.ts";
import { PodWatch } from "./kit/pod-watch.ts";
import { median, option, report, rounded, timed } from "./kit/report.ts";
import { Runc } from "./kit/runc.ts";
import { endpointOf, startSite } from "./kit/site.ts";
import { usageOf, usageOfThese } from "./kit/usage.ts";
import { expectOk } from "./kit/workload.ts";

const ROUNDS = option("rounds", 20);
const PODS = option("pods", 50);
const IMAGE = "busybox:1.36";
const PATH = "/api/v1/namespaces/default/pods";
const AIM =
  "pod to Running <= 100 ms, 50 pods <= 5 s, <= 1 MiB RSS per pod beyond its own processes";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

async function sitesPods() {
  using suite = await NativeSuite.create();
  await using started = await startSite({ runtime: suite });
  const { site } = started;
  await site.nodeReady();
  const endpoint = endpointOf(site);
  using api = await Connection.open(endpoint, { keepBody: true });
  using watcher = await Connection.open(endpoint);
  const pods = new PodWatch(watcher);
  const apply = async (name: string): Promise<void> => {
    const running = pods.running(name);
    await expectOk(api.send({ method: "POST", path: PATH, body: runningPod(name) }));
    await running;
  };
  const remove = async (name: string): Promise<void> => {
    const gone = pods.gone(name);
    await expectOk(api.send({ method: "DELETE", path: `${PATH}/${name}` }));
    await gone;
  };

  await apply("first");
  const podMs: number[] = [];
  const startCpuMs = usageOf(site.pid).cpuMs;
  for (const round of numbers(ROUNDS)) {
    podMs.push(await timed(() => apply(`pod-${round}`)));
    await remove(`pod-${round}`);
  }
  const podCpuMs = (usageOf(site.pid).cpuMs - startCpuMs) / ROUNDS;

  const before = usageOf(site.pid);
  const ownBefore = usageOfThese([site.pid]);
  const manyMs = await timed(async () => {
    const running = numbers(PODS).map((n) => pods.running(`many-${n}`));
    for (const n of numbers(PODS))
      await expectOk(api.send({ method: "POST", path: PATH, body: runningPod(`many-${n}`) }));
    await Promise.all(running);
  });
  const after = usageOf(site.pid);
  const growthMiB = usageOfThese([site.pid]).rssMiB - ownBefore.rssMiB;
  const shims = processesNamed("edgesite-shim");
  const shimsMiB = usageOfThese(shims).rssMiB;
  const delete_ = await site.kubectl(["delete", "pods", "--all", "--force", "--wait=false"]);
  if (delete_.exitCode !== 0) throw new Error(delete_.stderr);
  const reset = async () => {
    await site.stop();
    const { exitCode, stderr } = await site.command(["reset", "--yes"]);
    if (exitCode !== 0) throw new Error(stderr);
  };
  await reset();
  return {
    podToRunningMs: rounded(median(podMs), 0),
    cpuMsPerPodLife: rounded(podCpuMs, 0),
    manyPodsMs: rounded(manyMs, 0),
    cpuMsPerPodOfMany: rounded((after.cpuMs - before.cpuMs) / PODS, 0),
    shimKiBPerPod: rounded((shimsMiB * 1024) / shims.length, 0),
    siteGrowthKiBPerPod: rounded((growthMiB * 1024) / PODS, 0),
  };
}

function processesNamed(name: string): readonly number[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && nameOf(pid) === name)
    .map(Number);
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

async function dockersContainers() {
  await using engine = await DockerEngine.start();
  const docker = new Docker({ socketPath: engine.address.slice("unix://".length) });
  const start = async (name: string): Promise<void> => {
    const container = await docker.createContainer({
      name,
      Image: IMAGE,
      Cmd: ["sleep", "1000000"],
      HostConfig: { NetworkMode: "none" },
    });
    await container.start();
  };
  const oneMs: number[] = [];
  for (const round of numbers(ROUNDS)) {
    oneMs.push(await timed(() => start(`one-${round}`)));
    await docker.getContainer(`one-${round}`).remove({ force: true });
  }
  const manyMs = await timed(() => Promise.all(numbers(PODS).map((n) => start(`many-${n}`))));
  return { containerMs: rounded(median(oneMs), 0), manyMs: rounded(manyMs, 0) };
}

async function runcsContainers() {
  const directory = mkdtempSync(join(tmpdir(), "runc-"));
  const image = join(directory, "image");
  mkdirSync(image);
  await unpackImage(image);
  const runc = new Runc({ directory, image });
  const oneMs: number[] = [];
  const cpuMs: number[] = [];
  for (const round of numbers(ROUNDS)) {
    const name = `one-${round}`;
    await runc.prepare(name);
    oneMs.push(await timed(async () => cpuMs.push((await runc.start(name)).cpuMs)));
    await runc.remove(name);
  }
  const names = numbers(PODS).map((n) => `many-${n}`);
  for (const name of names) await runc.prepare(name);
  const manyMs = await timed(() => Promise.all(names.map((name) => runc.start(name))));
  for (const name of names) await runc.remove(name);
  rmSync(directory, { recursive: true });
  return {
    containerMs: rounded(median(oneMs), 0),
    cpuMs: rounded(median(cpuMs), 0),
    manyMs: rounded(manyMs, 0),
  };
}

/** The layer of the same image, out of the archive that the site took in. */
async function unpackImage(directory: string): Promise<void> {
  const archive = join(directory, "../archive");
  mkdirSync(archive);
  writeFileSync(join(archive, "image.tar"), await busyboxArchive(IMAGE));
  await output(["tar", "-C", archive, "-xf", join(archive, "image.tar")]);
  const [{ Layers }] = JSON.parse(readFileSync(join(archive, "manifest.json"), "utf8"));
  for (const layer of Layers) await output(["tar", "-C", directory, "-xf", join(archive, layer)]);
}

await compare({
  bench: "native",
  tools: ["dockerd", "runc"],
  aim: AIM,
  async run() {
    const runc = await runcsContainers();
    const docker = await dockersContainers();
    const native = await sitesPods();
    report("native", {
      pods: PODS,
      ...native,
      dockerContainerMs: docker.containerMs,
      dockerManyMs: docker.manyMs,
      runcContainerMs: runc.containerMs,
      runcCpuMs: runc.cpuMs,
      runcManyMs: runc.manyMs,
      ratioToDocker: rounded(native.podToRunningMs / docker.containerMs, 2),
      ratioToRunc: rounded(native.podToRunningMs / runc.containerMs, 2),
      aim: AIM,
    });
  },
});
