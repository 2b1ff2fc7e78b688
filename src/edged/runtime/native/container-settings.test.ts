import { expect, test } from "bun:test";
import { PLAIN_CONTAINER, UNPRIVILEGED } from "#test/kit/pod-specs.ts";
import type { ImageConfig } from "../../image/image-config.ts";
import type { ContainerSpec } from "../types.ts";
import { containerProcess, stopSignalOf } from "./container-settings.ts";

const IMAGE: ImageConfig = { Entrypoint: ["/entry"], Cmd: ["serve"], Env: ["A=1", "B=x=y"] };

const processOf = (spec: Partial<ContainerSpec> = {}, config: ImageConfig = IMAGE) =>
  containerProcess({
    spec: { ...PLAIN_CONTAINER, ...spec },
    config,
    hostname: "box",
    imageFile: async () => undefined,
  });

test("the pod's command and arguments replace the image's as Kubernetes has it", async () => {
  expect((await processOf()).argv).toEqual(["/entry", "serve"]);
  expect((await processOf({ args: ["a"] })).argv).toEqual(["/entry", "a"]);
  expect((await processOf({ command: ["c"] })).argv).toEqual(["c"]);
  expect((await processOf({ command: ["c"], args: ["a"] })).argv).toEqual(["c", "a"]);
});

test("where nobody says what to run, that is the error", () => {
  expect(processOf({}, {})).rejects.toThrow("no command specified");
});

test("the environment is the image's under the pod's, with what every container has", async () => {
  const { env } = await processOf({ env: { A: "2", C: "3" }, tty: true });
  expect(env).toMatchObject({
    A: "2",
    B: "x=y",
    C: "3",
    HOSTNAME: "box",
    HOME: "/",
    TERM: "xterm",
  });
  expect(env["PATH"]).toStartWith("/usr/local/sbin:");
});

test("who runs it and where comes from the pod, else from the image", async () => {
  const config = { ...IMAGE, User: "7:8", WorkingDir: "/srv" };
  expect(await processOf({}, config)).toMatchObject({ uid: 7, gid: 8, workingDir: "/srv" });
  const security = { ...UNPRIVILEGED, user: "9", supplementalGroups: [5, 5] };
  expect(await processOf({ security, workingDir: "/w" }, config)).toMatchObject({
    uid: 9,
    gid: 0,
    groups: [5],
    workingDir: "/w",
  });
});

test("who may not gain privileges is told so, and capabilities are those asked for", async () => {
  const security = { ...UNPRIVILEGED, allowPrivilegeEscalation: false, dropCapabilities: ["ALL"] };
  const process = await processOf({ security: { ...security, addCapabilities: ["NET_ADMIN"] } });
  expect(process).toMatchObject({ noNewPrivileges: true, capabilities: ["CAP_NET_ADMIN"] });
  expect((await processOf()).noNewPrivileges).toBe(false);
});

test("the signal that asks it to end is the image's, by name or number", () => {
  expect(stopSignalOf({})).toBe(15);
  expect(stopSignalOf({ StopSignal: "SIGQUIT" })).toBe(3);
  expect(stopSignalOf({ StopSignal: "INT" })).toBe(2);
  expect(stopSignalOf({ StopSignal: "9" })).toBe(9);
  expect(stopSignalOf({ StopSignal: "NONSENSE" })).toBe(15);
});
