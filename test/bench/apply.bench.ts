// How much longer than the bare docker calls does it take from creating a pod until it is Running?
import Docker, { type ContainerCreateOptions, type ContainerInspectInfo } from "dockerode";
import { DockerEngine } from "#test/kit/docker-engine.ts";
import { dockerRuntime } from "#test/kit/docker-runtime.ts";
import { eventually } from "#test/kit/eventually.ts";
import { Connection } from "./kit/connection.ts";
import { runningPod } from "./kit/objects.ts";
import { PodWatch } from "./kit/pod-watch.ts";
import { median, option, report, rounded, timed } from "./kit/report.ts";
import { endpointOf, startSite } from "./kit/site.ts";
import { usageOf } from "./kit/usage.ts";
import { expectOk } from "./kit/workload.ts";

const ROUNDS = option("rounds", 10);
const PATH = "/api/v1/namespaces/default/pods";

await using engine = await DockerEngine.start();
await using started = await startSite({ runtime: dockerRuntime(engine) });
const { site } = started;
await site.nodeReady();
const endpoint = endpointOf(site);
using api = await Connection.open(endpoint, { keepBody: true });
using watcher = await Connection.open(endpoint);
const pods = new PodWatch(watcher);
const docker = new Docker({ socketPath: engine.address.slice("unix://".length) });

async function applied(name: string): Promise<void> {
  const running = pods.running(name);
  await expectOk(api.send({ method: "POST", path: PATH, body: runningPod(name) }));
  await running;
}

async function removed(name: string): Promise<void> {
  const gone = pods.gone(name);
  await expectOk(api.send({ method: "DELETE", path: `${PATH}/${name}` }));
  await gone;
  // Without a grace period the object goes first, and its containers would take time from what follows.
  const filters = { name: [`_${name}_`] };
  await eventually(async () => (await docker.listContainers({ all: true, filters })).length === 0, {
    what: "The end of a pod's containers",
  });
}

/** The very same two containers that the site made for a pod, to be made again. */
async function recipe(name: string): Promise<Record<"sandbox" | "app", ContainerCreateOptions>> {
  const all = await Promise.all(
    (await docker.listContainers()).map(({ Id }) => docker.getContainer(Id).inspect()),
  );
  const own = all.filter((info) => info.Name.includes(`_${name}_`));
  const sandbox = own.find((info) => info.HostConfig.NetworkMode === "none");
  const app = own.find((info) => info.HostConfig.NetworkMode?.startsWith("container:"));
  if (!sandbox || !app) throw new Error("The pod has no two containers");
  return { sandbox: optionsOf(sandbox), app: optionsOf(app) };
}

function optionsOf({ Config, HostConfig }: ContainerInspectInfo): ContainerCreateOptions {
  const { Image, Cmd, Entrypoint, Env, User } = Config;
  return { Image, Cmd, ...(Entrypoint && { Entrypoint }), Env, User, HostConfig };
}

/** Makes and starts both containers; answers what removes them. */
async function bare({
  sandbox,
  app,
}: Awaited<ReturnType<typeof recipe>>): Promise<Docker.Container[]> {
  const pause = await docker.createContainer(sandbox);
  await pause.start();
  const ofSandbox = `container:${pause.id}`;
  const main = await docker.createContainer({
    ...app,
    HostConfig: { ...app.HostConfig, NetworkMode: ofSandbox, IpcMode: ofSandbox },
  });
  await main.start();
  return [main, pause];
}

await applied("model");
const model = await recipe("model");
const applyMs: number[] = [];
const bareMs: number[] = [];
let writtenBytes = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  const before = usageOf(site.pid);
  applyMs.push(await timed(() => applied(`pod-${round}`)));
  await removed(`pod-${round}`);
  writtenBytes += usageOf(site.pid).writtenBytes - before.writtenBytes;
  let made: Docker.Container[] = [];
  bareMs.push(
    await timed(async () => {
      made = await bare(model);
    }),
  );
  for (const container of made) await container.remove({ force: true });
}
report("apply", {
  pods: ROUNDS,
  applyToRunningMs: rounded(median(applyMs), 0),
  bareDockerMs: rounded(median(bareMs), 0),
  ratio: rounded(median(applyMs) / median(bareMs), 2),
  writtenKiBPerPodLife: rounded(writtenBytes / ROUNDS / 1024),
  aim: "<= 1.15 x the same docker calls made bare",
});
