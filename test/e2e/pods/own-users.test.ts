/** `hostUsers: false`, as kubectl asks for it: whose files and processes those of a pod are. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { unmount } from "#linux/mount.ts";
import { firstProcess } from "#test/kit/container-processes.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { output } from "#test/kit/process.ts";
import { SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

const TEST_MS = 120_000;
/** Directories of the host that pods mount; below /var/tmp, which lies on a disk. */
const folder = mkdtempSync("/var/tmp/edgesite-own-users-");
const directory = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
};

let site: SiteProcess;

beforeAll(async () => {
  site = await SiteProcess.alone(suiteRuntime());
}, TEST_MS);

afterAll(async () => {
  await site[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
}, TEST_MS);

interface Wish {
  readonly spec?: object;
  readonly container?: object;
}

const apply = (name: string, { spec = {}, container = {} }: Wish = {}): Promise<string> =>
  site.output(["apply", "-f", "-"], {
    stdin: JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      spec: {
        hostUsers: false,
        terminationGracePeriodSeconds: 0,
        containers: [
          { name: "main", image: "busybox:1.36", command: ["sleep", "1000"], ...container },
        ],
        ...spec,
      },
    }),
  });
const ready = (name: string): Promise<string> =>
  site.output(["wait", "--for=condition=Ready", `pod/${name}`, "--timeout=60s"]);
const sh = async (name: string, script: string): Promise<string> =>
  (await site.output(["exec", name, "--", "sh", "-c", script])).trim();
const isNative = (): boolean => suiteRuntime().env["EDGESITE_RUNTIME_NAME"] === "native";

/** On an engine no pod has users of its own, and none runs without them. */
async function refused(name: string): Promise<void> {
  const selector = `--field-selector=reason=FailedCreatePodSandBox,involvedObject.name=${name}`;
  await eventually(async () =>
    (await site.output(["get", "events", selector])).includes(
      "can't set `spec.hostUsers: false`, runtime does not support user namespaces",
    ),
  );
  expect(await site.output(["get", "pod", name, "--no-headers"])).toContain("ContainerCreating");
}

/** The first of the host's IDs that are a pod's. */
async function firstId(name: string): Promise<number> {
  const path = "jsonpath={.status.containerStatuses[0].containerID}";
  const id = await site.output(["get", "pod", name, "-o", path]);
  const map = (file: string) => readFileSync(`/proc/${firstProcess(id)}/${file}`, "utf8");
  expect(map("gid_map")).toBe(map("uid_map"));
  const [inside, first, count] = map("uid_map").trim().split(/\s+/).map(Number);
  expect([inside, count]).toEqual([0, 65_536]);
  return first ?? 0;
}

test(
  "root is nobody on the host, and stays the same nobody when edgesite is killed",
  async () => {
    await apply("one");
    if (!isNative()) return await refused("one");
    await apply("two");
    await ready("one");
    await ready("two");
    const [one, two] = [await firstId("one"), await firstId("two")];
    expect(Math.min(one, two)).toBeGreaterThanOrEqual(65_536);
    expect(Math.abs(one - two)).toBeGreaterThanOrEqual(65_536);
    await site.stop("SIGKILL");
    site.launch();
    await site.ready();
    await site.nodeReady();
    expect([await firstId("one"), await firstId("two")]).toEqual([one, two]);
    expect(await sh("one", "id -u; cat /proc/self/uid_map")).toMatch(
      new RegExp(`^0\n +0 +${one} +65536$`),
    );
    await apply("three");
    await ready("three");
    const three = await firstId("three");
    for (const other of [one, two]) expect(three).not.toBe(other);
    await site.output(["delete", "pod", "one", "two", "three", "--now"]);
  },
  TEST_MS,
);

const OBJECTS = ["secret generic", "configmap"].map(
  (kind) => `create ${kind} settings --from-literal=key=value`,
);
const mounts = ["secret", "config", "projected", "disk", "memory", "host"].map((name) => ({
  name,
  mountPath: `/${name}`,
}));

test(
  "volumes of every sort are read and written as by a pod without",
  async () => {
    const path = directory("host");
    writeFileSync(join(path, "of-web"), "web\n", { mode: 0o600 });
    chownSync(join(path, "of-web"), 33, 33);
    for (const command of OBJECTS) await site.output(command.split(" "));
    const token = { serviceAccountToken: { path: "token", expirationSeconds: 3600 } };
    await apply("files", {
      spec: {
        securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000 },
        volumes: [
          { name: "secret", secret: { secretName: "settings", defaultMode: 0o400 } },
          { name: "config", configMap: { name: "settings", defaultMode: 0o440 } },
          { name: "projected", projected: { sources: [token] } },
          { name: "disk", emptyDir: {} },
          { name: "memory", emptyDir: { medium: "Memory" } },
          { name: "host", hostPath: { path } },
        ],
      },
      container: {
        volumeMounts: mounts,
        command: ["sh", "-c", "echo started >/dev/stdout; exec sleep 1000"],
        readinessProbe: { exec: { command: ["test", "-r", "/projected/token"] }, periodSeconds: 1 },
      },
    });
    if (!isNative()) return await refused("files");
    await ready("files");
    const first = await firstId("files");
    expect(await sh("files", "cat /secret/key /config/key; cut -c 1-3 /projected/token")).toBe(
      "valuevalueeyJ",
    );
    expect(await sh("files", "stat -L -c '%u:%g %a' /secret/key /disk")).toBe(
      "0:2000 440\n0:2000 2777",
    );
    expect(
      await sh("files", "for d in disk memory; do echo a >/$d/a && stat -c %u:%g /$d/a; done"),
    ).toBe("1000:2000\n1000:2000");
    expect(await sh("files", "stat -c %u /host/of-web; cat /host/of-web 2>&1 || true")).toMatch(
      /^33\n.*Permission denied$/,
    );
    const uid = await site.output(["get", "pod", "files", "-o", "jsonpath={.metadata.uid}"]);
    const written = join(site.dataDir, "pods", uid, "volumes/kubernetes.io~empty-dir/disk/a");
    expect([statSync(written).uid, statSync(written).gid]).toEqual([1000, 2000]);
    expect(await site.output(["logs", "files"])).toBe("started\n");
    const status = readFileSync(`/proc/${await processOf("files")}/status`, "utf8");
    expect(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1])).toBe(first + 1000);
    await site.output(["delete", "pod", "files", "--now"]);
  },
  TEST_MS,
);

async function processOf(name: string): Promise<number> {
  const path = "jsonpath={.status.containerStatuses[0].containerID}";
  return firstProcess(await site.output(["get", "pod", name, "-o", path]));
}

test(
  "files are copied in and out, and belong to root in there",
  async () => {
    await apply("copied");
    if (!isNative()) return await refused("copied");
    await ready("copied");
    const from = join(directory("copied"), "from");
    writeFileSync(from, "to and fro\n");
    await site.output(["cp", from, "copied:/tmp/there"]);
    expect(await sh("copied", "stat -c %u:%g /tmp/there")).toBe("0:0");
    await site.output(["cp", "copied:/tmp/there", `${from}-back`]);
    expect(readFileSync(`${from}-back`, "utf8")).toBe("to and fro\n");
    await site.output(["delete", "pod", "copied", "--now"]);
  },
  TEST_MS,
);

test(
  "a volume that cannot show other owners is refused in one sentence",
  async () => {
    const path = directory("ramfs");
    await output(["mount", "-t", "ramfs", "none", path]);
    try {
      await apply("unfit", {
        spec: { volumes: [{ name: "host", hostPath: { path } }] },
        container: { volumeMounts: [{ name: "host", mountPath: "/host" }] },
      });
      if (!isNative()) return await refused("unfit");
      const reason = "jsonpath={.status.containerStatuses[0].state.waiting}";
      await eventually(async () =>
        (await site.output(["get", "pod", "unfit", "-o", reason])).includes("RunContainerError"),
      );
      expect(await site.output(["get", "events"])).toMatch(
        /Error: Cannot map the owners of \/\S+\/ramfs to the pod's users \(ramfs with Linux \d\S+ may have no idmapped mounts\): EINVAL/,
      );
    } finally {
      await site.output(["delete", "pod", "unfit", "--now"]);
      unmount(path);
    }
  },
  TEST_MS,
);

test(
  "what a pod shares with the host goes with no users of its own",
  async () => {
    for (const shared of ["hostNetwork", "hostPID", "hostIPC"]) {
      const { message } = await rejection(apply("shared", { spec: { [shared]: true } }));
      expect(message).toContain("Forbidden: when `hostUsers` is false");
    }
  },
  TEST_MS,
);
