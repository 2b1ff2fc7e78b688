import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "#lib/errors.ts";
import type { Steps } from "#linux/steps.ts";
import { commandSteps, logFrames, logText, SandboxShim } from "#test/kit/sandbox-shim.ts";
import { decodeExitRecord } from "./protocol.ts";

const TEST_MS = 60_000;
const withShim = async (check: (shim: SandboxShim) => Promise<void>): Promise<void> => {
  await using shim = await SandboxShim.start(AbortSignal.timeout(TEST_MS));
  await check(shim);
};

const shell = (script: string): Steps => commandSteps("sh", "-c", script);

test(
  "a container's output becomes frames, its end a record and an event",
  () =>
    withShim(async (shim) => {
      const client = await shim.connect();
      expect(client.containers).toEqual([]);
      expect(client.pid).toBe(shim.process.pid);
      const request = shim.container(shell("echo out; echo err >&2; echo $$ $KEY; exit 5"));
      const beforeNs = BigInt(Date.now()) * 1_000_000n;
      const { pid, startedAtNs } = await client.start(request, shim.signal);
      const { exit, ...state } = await shim.exitOf(request.key);
      expect(state).toEqual({ key: request.key, pid, startedAtNs });
      expect(exit?.code).toBe(5);
      const log = join(request.directory, "log");
      expect(logText(log, 1)).toBe("out\n1 value\n");
      expect(logText(log, 2)).toBe("err\n");
      const times = [startedAtNs, ...logFrames(log).map(({ timeNs }) => timeNs), exit?.atNs ?? 0n];
      expect(times).toEqual(times.toSorted((a, b) => Number(a - b)));
      expect(must(times[0], "a time") - beforeNs).toBeGreaterThan(-2_000_000n);
      expect(must(times.at(-1), "a time") - beforeNs).toBeLessThan(60_000_000_000n);
      const record = decodeExitRecord(readFileSync(join(request.directory, "exit")));
      expect(record).toEqual({ startedAtNs, exit: must(exit, "an exit") });
      expect(readdirSync(request.directory).toSorted()).toEqual(["exit", "log"]);
    }),
  TEST_MS,
);
