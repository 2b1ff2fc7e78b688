import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Runtime } from "#edged/runtime/runtime.ts";
import type { ContainerSpec, RuntimeEvent } from "#edged/runtime/types.ts";
import { containerSpec, newPod, sandboxSpec } from "#test/kit/pod-specs.ts";

/** What the suite needs of a driver: itself, and an image with busybox's `sh`, `cat` and `sleep`. */
export interface RuntimeHarness extends AsyncDisposable {
  readonly runtime: Runtime;
  readonly image: string;
}

const STEP_TIMEOUT_MS = 20_000;

/** The promises of a runtime, one by one; every driver keeps all of them. */
export function describeRuntime(name: string, start: () => Promise<RuntimeHarness>): void {
  describe(`${name} runtime`, () => {
    const life = new AbortController();
    const { signal } = life;
    let harness: RuntimeHarness;
    let runtime: Runtime;

    beforeAll(async () => {
      harness = await start();
      runtime = harness.runtime;
    }, STEP_TIMEOUT_MS);
    afterAll(async () => {
      life.abort();
      await harness[Symbol.asyncDispose]();
    }, STEP_TIMEOUT_MS);

    const it = (title: string, body: () => Promise<void>): void =>
      test(title, body, STEP_TIMEOUT_MS);
    async function podWith(command: readonly string[], changes: Partial<ContainerSpec> = {}) {
      const pod = newPod();
      const sandbox = await runtime.startSandbox(sandboxSpec(pod), signal);
      const wish = { image: harness.image, command, changes };
      const spec = await containerSpec(runtime, wish, signal);
      const id = await runtime.createContainer(sandbox.id, spec, signal);
      return { pod, sandbox, spec, id };
    }
    async function started(command: readonly string[], changes: Partial<ContainerSpec> = {}) {
      const made = await podWith(command, changes);
      await runtime.startContainer(made.id, signal);
      return made;
    }
    const only = async (uid: string) => {
      const [container] = (await runtime.inspect(uid, signal)).containers;
      if (!container) throw new Error("Expected a container");
      return container;
    };
    /** Waits for what the runtime itself says has changed. */
    async function until(uid: string, fulfilled: () => Promise<boolean>): Promise<void> {
      using stop = new Stop();
      for await (const event of runtime.events(stop.signal)) {
        const concerns = event.kind === "engine" || event.uid === uid;
        if (concerns && (await fulfilled())) return;
      }
      throw new Error("The events ended");
    }
    const exited = (uid: string) => until(uid, async () => (await only(uid)).state === "exited");
    const ends = async (uid: string, sandbox: string) => {
      for (const { id } of (await runtime.inspect(uid, signal)).containers) {
        await runtime.removeContainer(id, signal);
      }
      await runtime.removeSandbox(sandbox, signal);
    };

    it("a sandbox runs, has a process, and is the same when started twice", async () => {
      const pod = newPod();
      const first = await runtime.startSandbox(sandboxSpec(pod), signal);
      const second = await runtime.startSandbox(sandboxSpec(pod), signal);
      expect(second.id).toBe(first.id);
      expect(first.running).toBe(true);
      expect(first.pid).toBeGreaterThan(0);
      const seen = await runtime.inspect(pod.uid, signal);
      expect(seen.sandboxes).toMatchObject([{ id: first.id, attempt: 0, running: true }]);
      await runtime.removeSandbox(first.id, signal);
      await runtime.removeSandbox(first.id, signal);
      expect((await runtime.inspect(pod.uid, signal)).sandboxes).toEqual([]);
    });

    it("list() names every pod that has anything", async () => {
      const { pod, sandbox } = await started(["sleep", "1000"]);
      const found = (await runtime.list(signal)).find((one) => one.pod.uid === pod.uid);
      expect(found?.pod).toEqual(pod);
      expect(found?.containers.map(({ name }) => name)).toEqual(["main"]);
      await ends(pod.uid, sandbox.id);
      expect((await runtime.list(signal)).map((one) => one.pod.uid)).not.toContain(pod.uid);
    });

    it("a container is created, runs, and starting it twice changes nothing", async () => {
      const { pod, sandbox, spec, id } = await podWith(["sleep", "1000"]);
      expect(await only(pod.uid)).toMatchObject({ id, state: "created", attempt: 0 });
      expect(await runtime.createContainer(sandbox.id, spec, signal)).toBe(id);
      await runtime.startContainer(id, signal);
      const running = await only(pod.uid);
      expect(running).toMatchObject({ state: "running", sandboxId: sandbox.id, image: spec.image });
      expect(running.startedAt).toBeInstanceOf(Date);
      await runtime.startContainer(id, signal);
      expect((await only(pod.uid)).startedAt).toEqual(running.startedAt);
      await ends(pod.uid, sandbox.id);
    });

    it("a container that ends keeps its exit code and its times", async () => {
      const { pod, sandbox } = await started(["sh", "-c", "exit 3"]);
      await exited(pod.uid);
      const container = await only(pod.uid);
      expect(container).toMatchObject({ state: "exited", exitCode: 3, oomKilled: false });
      expect(container.finishedAt).toBeInstanceOf(Date);
      await ends(pod.uid, sandbox.id);
    });

    it("a new attempt stands beside the old one, newest first", async () => {
      const { pod, sandbox, spec } = await started(["sh", "-c", "exit 1"]);
      await exited(pod.uid);
      const again = await runtime.createContainer(sandbox.id, { ...spec, attempt: 1 }, signal);
      const { containers } = await runtime.inspect(pod.uid, signal);
      expect(containers.map(({ attempt }) => attempt)).toEqual([1, 0]);
      expect(containers[0]?.id).toBe(again);
      await ends(pod.uid, sandbox.id);
    });

    it("stopping a container that listens to no signal kills it after its grace", async () => {
      const { pod, sandbox, id } = await started(["sh", "-c", "trap '' TERM; sleep 1000"]);
      await runtime.stopContainer(id, 1000, signal);
      expect(await only(pod.uid)).toMatchObject({ state: "exited", exitCode: 137 });
      await runtime.stopContainer(id, 1000, signal);
      await runtime.removeContainer(id, signal);
      await runtime.removeContainer(id, signal);
      await runtime.stopContainer(id, 0, signal);
      await runtime.removeSandbox(sandbox.id, signal);
    });

    it("what ended may be removed after its sandbox", async () => {
      const { pod, sandbox, id } = await started(["sleep", "1000"]);
      await runtime.stopContainer(id, 0, signal);
      await runtime.removeSandbox(sandbox.id, signal);
      expect(await only(pod.uid)).toMatchObject({ id, state: "exited" });
      await runtime.removeContainer(id, signal);
      expect(await runtime.inspect(pod.uid, signal)).toEqual({ sandboxes: [], containers: [] });
    });

    it("run() gives the exit code and what was printed on both outputs", async () => {
      const { pod, sandbox, id } = await started(["sleep", "1000"]);
      const { exitCode, output } = await runtime.run(
        id,
        ["sh", "-c", "echo out; echo err >&2; exit 7"],
        signal,
      );
      expect(exitCode).toBe(7);
      expect(output.split("\n").sort()).toEqual(["", "err", "out"]);
      await ends(pod.uid, sandbox.id);
    });

    it("run() stops waiting when it is aborted", async () => {
      const { pod, sandbox, id } = await started(["sleep", "1000"]);
      using stop = new Stop();
      const running = runtime.run(id, ["sleep", "1000"], stop.signal);
      stop.now(new Error("Too late"));
      expect(await failure(running)).toBe("Too late");
      await ends(pod.uid, sandbox.id);
    });

    it("exec() passes input on until it is closed and gives both outputs", async () => {
      const { pod, sandbox, id } = await started(["sleep", "1000"]);
      const options = { stdin: true, stdout: true, stderr: true, tty: false };
      const process = await runtime.exec(id, { ...options, command: ["cat"] }, signal);
      const writer = process.stdin?.getWriter();
      await writer?.write(new TextEncoder().encode("to and fro\n"));
      await writer?.close();
      expect(await textOf(process.stdout)).toBe("to and fro\n");
      expect(await textOf(process.stderr)).toBe("");
      expect(await process.exitCode).toBe(0);
      await ends(pod.uid, sandbox.id);
    });

    it("exec() ends when its signal aborts", async () => {
      const { pod, sandbox, id } = await started(["sleep", "1000"]);
      using stop = new Stop();
      const options = { stdin: false, stdout: true, stderr: false, tty: false };
      const request = { ...options, command: ["sleep", "1000"] };
      const process = await runtime.exec(id, request, stop.signal);
      const outcome = process.exitCode.then(
        () => "ended",
        () => "aborted",
      );
      stop.now(new Error("The client went away"));
      expect(await outcome).toBe("aborted");
      await ends(pod.uid, sandbox.id);
    });

    it("logs hold both outputs, can be cut, and outlive the container", async () => {
      const { pod, sandbox, id } = await started([
        "sh",
        "-c",
        "echo one; echo two; echo three >&2",
      ]);
      await exited(pod.uid);
      const plain = { follow: false, timestamps: false };
      const all = await textOf(await runtime.logs(id, plain, signal));
      expect(all.split("\n").sort()).toEqual(["", "one", "three", "two"]);
      const last = await textOf(await runtime.logs(id, { ...plain, tailLines: 1 }, signal));
      expect(last.split("\n")).toHaveLength(2);
      const stamped = await textOf(await runtime.logs(id, { ...plain, timestamps: true }, signal));
      expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z (one|three)\n/);
      const future = new Date(Date.now() + 60_000);
      expect(await textOf(await runtime.logs(id, { ...plain, since: future }, signal))).toBe("");
      await ends(pod.uid, sandbox.id);
    });

    it("followed logs end with the container", async () => {
      const { pod, sandbox, id } = await started(["sh", "-c", "echo up; sleep 1000"]);
      const log = await runtime.logs(id, { follow: true, timestamps: false }, signal);
      const reader = log.getReader();
      expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("up\n");
      const rest = reader.read();
      await runtime.stopContainer(id, 0, signal);
      expect(await rest).toMatchObject({ done: true });
      await ends(pod.uid, sandbox.id);
    });

    it("events tell of the engine first and then of every change", async () => {
      using stop = new Stop();
      const seen: RuntimeEvent[] = [];
      const pod = newPod();
      for await (const event of runtime.events(stop.signal)) {
        seen.push(event);
        if (event.kind === "engine") await runtime.startSandbox(sandboxSpec(pod), signal);
        else if (event.uid === pod.uid) break;
      }
      expect(seen[0]).toMatchObject({ kind: "engine", status: { reachable: true } });
      const { sandboxes } = await runtime.inspect(pod.uid, signal);
      await runtime.removeSandbox(sandboxes[0]?.id ?? "", signal);
    });

    it("knows its images, and says why one cannot be pulled", async () => {
      expect((await runtime.images(signal)).length).toBeGreaterThan(0);
      expect(await runtime.image("edgesite.invalid/none:1", signal)).toBeUndefined();
      expect(await failure(runtime.pullImage("127.0.0.1:1/none:1", undefined, signal))).not.toBe(
        "",
      );
    });

    it("an aborted signal ends a call with its own reason", async () => {
      const enough = AbortSignal.abort(new Error("Enough"));
      expect(await failure(runtime.list(enough))).toBe("Enough");
    });
  });
}

/** An AbortController that aborts at the end of its block. */
class Stop implements Disposable {
  readonly #controller = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  now(reason: Error): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    this.#controller.abort();
  }
}

async function textOf(stream: ReadableStream<Uint8Array> | undefined): Promise<string> {
  return stream ? await new Response(stream).text() : "";
}

/** The message that a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
