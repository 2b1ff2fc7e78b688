import { afterAll, beforeAll, expect, test } from "bun:test";
import { Box } from "#test/kit/box/box.ts";
import { PROCESSORS } from "#test/kit/box/processor.ts";
import { HELLO } from "#test/kit/hello.ts";

/** For one start of the emulated machine, while others use the processors too. */
const BOOT_MS = 600_000;
const IN_HELLO = ["-n", "hello"];
/** Says whom its first process is to the host, and which processor it runs on. */
const OWN_USERS = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "own-users" },
  spec: {
    hostUsers: false,
    // A token lies in a tmpfs, which such a pod can have from Linux 6.3 on.
    automountServiceAccountToken: false,
    restartPolicy: "Never",
    containers: [
      {
        name: "main",
        image: "busybox:1.36",
        command: ["sh", "-c", "uname -m; id -u; cat /proc/self/uid_map"],
      },
    ],
  },
};

let box: Box;

/** kubectl that waits, as emulation takes its time. */
const patient = (args: readonly string[]): Promise<string> =>
  box.kubectlOutput([...args, "--timeout=600s"], { timeoutMs: BOOT_MS });
const rollout = (): Promise<string> =>
  patient([...IN_HELLO, "rollout", "status", "deployment/web"]);

beforeAll(async () => {
  box = await Box.create({ processor: PROCESSORS.arm64 });
  await box.boot();
  await box.ready();
  await box.kubectlOutput(["apply", "--validate=false", "-f", HELLO]);
  await rollout();
}, BOOT_MS);

afterAll(async () => {
  await box[Symbol.asyncDispose]();
});

test(
  "a machine of the other processor, with a kernel and nothing else, runs the example",
  async () => {
    expect(await box.output("uname -m")).toBe("aarch64");
    const status = JSON.parse(await box.output("/edgesite status -o json"));
    expect(status).toMatchObject({
      degraded: [],
      runtime: { name: "native" },
      dataPlane: { link: "edge0" },
    });
    expect((await box.run("/edgesite check")).exitCode).toBe(0);
    const inPod = [...IN_HELLO, "exec", "deployment/web", "--", "sh", "-c"];
    // Two calls that seccomp lets pass, and one that it does not.
    expect(await box.kubectlOutput([...inPod, "uname -m; unshare -U true; echo $?"])).toBe(
      "aarch64\n1\n",
    );
    const page = "wget -qO- http://web.hello.svc.cluster.local; cat /access/token";
    expect(await box.kubectlOutput([...inPod, page])).toBe("Hello from the edge\nchange-me");
  },
  BOOT_MS,
);

test(
  "a pod there has users of its own",
  async () => {
    const create = ["create", "--validate=false", "-f", "-"];
    await box.kubectlOutput(create, { stdin: JSON.stringify(OWN_USERS) });
    const ended = "--for=jsonpath={.status.phase}=Succeeded";
    await patient(["wait", ended, "pod/own-users"]);
    const said = await box.kubectlOutput(["logs", "own-users"]);
    expect(said).toMatch(/^aarch64\n0\n +0 +[1-9]\d+ +65536\n$/);
  },
  BOOT_MS,
);

test(
  "after a power cut it runs again",
  async () => {
    await box.cut();
    await box.boot();
    await box.ready();
    await rollout();
    const restarts = "jsonpath={.items[*].status.containerStatuses[*].restartCount}";
    expect(await box.kubectlOutput([...IN_HELLO, "get", "pods", "-o", restarts])).toBe("1 1 1");
    expect(box.console).not.toMatch(/ (WARN|ERROR) /);
  },
  BOOT_MS,
);
