import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { Steps } from "#linux/steps.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { childrenOf, shell, TEST_MS, testShim } from "#test/kit/sandbox-shim.ts";
import { ShimClient } from "./shim-client.ts";
import { ShimConnection } from "./shim-connection.ts";

const { SIGTERM } = constants.signals;

testShim("a client that comes again is told what runs and what ended", async (shim) => {
  const first = await shim.connect();
  const [short, long] = [
    shim.container(shell("sleep 0.2; exit 3")),
    shim.container(shell("sleep 1000")),
  ];
  await first.start(short, shim.signal);
  const { pid } = await first.start(long, shim.signal);
  first.close();
  await eventually(() => existsSync(join(short.directory, "exit")));
  const second = await shim.connect();
  expect(second.containers.map(({ key, exit }) => [key, exit?.code])).toEqual([
    [short.key, 3],
    [long.key, undefined],
  ]);
  expect(second.containers[1]?.pid).toBe(pid);
  expect(await rejection(second.forget(long.key, shim.signal))).toMatchObject({ code: "EBUSY" });
  await second.forget(short.key, shim.signal);
  await second.forget(short.key, shim.signal);
  const third = await shim.connect();
  expect(third.containers.map(({ key }) => key)).toEqual([long.key]);
  await eventually(() => shim.losses === 1); // the third took the place of the second
  expect((await rejection(second.signal(long.key, SIGTERM, shim.signal))).name).toBe("ShimLost");
});

testShim("a start whose client went away meanwhile is told to the next", async (shim) => {
  const first = await shim.connect();
  const steps = new Steps();
  const time = new Uint8Array(BigUint64Array.of(0n, 300_000_000n).buffer);
  steps.call("nanosleep", [time, 0]);
  steps.call("execve", ["/bin/busybox", ["sleep", "1000"], []]);
  const request = shim.container(steps);
  const abandoned = rejection(first.start(request, shim.signal));
  await eventually(() => childrenOf(shim.process.pid).length === 1);
  first.close();
  expect((await abandoned).name).toBe("ShimLost");
  const second = await shim.connect();
  expect(second.containers).toEqual([]);
  await eventually(() => shim.starts.length === 1);
  expect(shim.starts[0]).toMatchObject({ key: request.key });
});

test("a shim of an earlier version is not asked for what it does not know", async () => {
  using resources = new DisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "shim-"));
  resources.defer(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "shim.sock");
  const hello = new Uint8Array(Uint32Array.of(0x101, 0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 0).buffer);
  const socket = { open: (client: Bun.Socket) => void client.write(hello), data: () => undefined };
  using _shim = Bun.listen({ unix: path, socket });
  const listener = { started: () => undefined, exited: () => undefined, lost: () => undefined };
  const signal = AbortSignal.timeout(TEST_MS);
  using client = await ShimClient.connect(path, listener, signal);
  const request = {
    ...{ key: 1n, namespaces: 0, processesOf: 2n, directory: "", steps: new Steps() },
    ...{ tty: false, stdin: false, logLimitBytes: 0, logFiles: 0, timeoutMs: 0 },
  };
  expect((await rejection(client.start(request, signal))).message).toContain("earlier edgesite");
});

testShim("a client that makes no sense is dropped, and the shim goes on", async (shim) => {
  const path = join(shim.directory, "shim.sock");
  const header = (bytes: number, kind: number): Uint8Array => {
    const words = Uint32Array.of(bytes, kind, 1, 0, 1, 0);
    return new Uint8Array(words.buffer);
  };
  const garbage = [
    Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    header(2 ** 31, 1),
    header(24, 2),
    header(32, 77),
    header(0, 0),
    Buffer.concat([header(200, 1), Buffer.alloc(200, 0xff)]),
    Buffer.concat([header(128, 1), Buffer.alloc(128 - 24)]),
  ];
  for (const bytes of garbage) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const connection = new ShimConnection({
      message: (view) => view.getUint32(0, true) === 0x100 && resolve("refused"),
      closed: () => resolve("dropped"),
    });
    await connection.open(path);
    connection.send(bytes);
    expect(["refused", "dropped"]).toContain(await promise);
    connection.close();
  }
  expect(childrenOf(shim.process.pid)).toEqual([]);
  const half = new ShimConnection({ message: () => undefined, closed: () => undefined });
  await half.open(path);
  half.send(Buffer.concat([header(16 * 1024 * 1024, 1), Buffer.alloc(1_000_000)]));
  const client = await shim.connect(); // which takes its place
  const request = shim.container(shell("exit 0"));
  await client.start(request, shim.signal);
  expect((await shim.exitOf(request.key)).exit?.code).toBe(0);
  half.close();
});

testShim(
  "a client that does not read is dropped, and the next one told everything",
  async (shim) => {
    const client = await shim.connect();
    const request = shim.container(shell("sleep 1000"));
    await client.start(request, shim.signal);
    const deaf = createConnection(join(shim.directory, "shim.sock"));
    deaf.pause();
    const question = Uint32Array.of(32, 2, 1, 0, 99, 0, 9, 0); // a signal for a container that is not there
    const { promise: closed, resolve } = Promise.withResolvers<unknown>();
    deaf.on("error", resolve);
    deaf.on("close", resolve);
    deaf.write(Buffer.alloc(100_000 * 32, Buffer.from(question.buffer)));
    await closed;
    expect((await shim.connect()).containers).toHaveLength(1);
  },
);
