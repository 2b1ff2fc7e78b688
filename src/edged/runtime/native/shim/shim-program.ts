import { compile } from "#linux/machine/compile.ts";
import type { Arch } from "#linux/syscalls.ts";
import pause from "../../pause/pause.low" with { type: "text" };
import client from "./client.low" with { type: "text" };
import containers from "./containers.low" with { type: "text" };
import logs from "./logs.low" with { type: "text" };
import relay from "./relay.low" with { type: "text" };
import requests from "./requests.low" with { type: "text" };
import serve from "./serve.low" with { type: "text" };
import start from "./start.low" with { type: "text" };
import steps from "./steps.low" with { type: "text" };

const SOURCES = { pause, steps, relay, containers, logs, client, start, requests, serve };

/**
 * The program that runs steps (`Steps`), as a static ELF executable: what a container, a session in
 * it and the shim of a pod begin with. It reads the encoded steps from descriptor 3 and says on
 * descriptor 4 which one failed, {u32 step, u32 errno}; an end without that is a success.
 *
 * A pod's shim is the parent and subreaper of its containers, and outlives edgesite. It answers on a
 * socket (`ShimClient`), appends the containers' output to `log` in their directories and leaves
 * `exit` there when they end. It waits for nobody: neither for its client nor for a container.
 * SIGTERM, as everything gets when the machine goes down, is passed on to the containers; the shim
 * ends after the last one.
 */
export function shimProgram(arch: Arch): Uint8Array {
  return compile(SOURCES, { arch, entry: "main" });
}
