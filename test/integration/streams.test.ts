import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "#lib/log.ts";
import { eventually } from "#test/kit/eventually.ts";
import { kubectls } from "#test/kit/kubectl.ts";
import { LocalStreams } from "#test/kit/local-streams.ts";
import { type Outcome, run } from "#test/kit/process.ts";
import { StreamsSite } from "#test/kit/streams-site.ts";

const STEP_MS = 30_000;
const MEGABYTE = 1024 * 1024;

let scratch: string;
let streams: LocalStreams;
let site: StreamsSite;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "edgesite-streams-pod-"));
  streams = new LocalStreams({ directory: scratch });
  site = await StreamsSite.start({ streams, log: silentLogger });
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true });
});

const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

describe.each((await kubectls()).map((one) => [one.version, one] as const))(
  "kubectl %s",
  (_, { path }) => {
    const base = (): string[] => [path, "--kubeconfig", site.kubeconfig];
    const kubectl = (args: readonly string[], stdin?: string | Uint8Array): Promise<Outcome> =>
      run([...base(), ...args], { ...(stdin !== undefined && { stdin }), timeoutMs: STEP_MS });

    test(
      "exec shows both outputs and ends with the command's exit code",
      async () => {
        const shell = ["exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 3"];
        const { exitCode, stdout, stderr } = await kubectl(shell);
        expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "out\n" });
        expect(stderr).toStartWith("err\n");
        expect(stderr).toContain("command terminated with exit code 3");
        expect(await kubectl(["exec", "web", "--", "true"])).toEqual({
          exitCode: 0,
          stdout: "",
          stderr: "",
        });
      },
      STEP_MS,
    );

    test(
      "exec -i carries 20 MB in and 20 MB out, and the end of stdin",
      async () => {
        const bytes = randomBytes(20 * MEGABYTE);
        const { stdout } = await kubectl(["exec", "-i", "web", "--", "md5sum"], bytes);
        expect(stdout).toBe(`${md5(bytes)}  -\n`);
        const out = await kubectl([
          "exec",
          "web",
          "--",
          "sh",
          "-c",
          "head -c 20971520 /dev/zero | tr '\\0' x",
        ]);
        expect([out.exitCode, out.stdout.length]).toEqual([0, 20 * MEGABYTE]);
      },
      STEP_MS,
    );

    test(
      "exec -i ends when the command does, though stdin goes on",
      async () => {
        const { exitCode, stdout } = await kubectl(
          ["exec", "-i", "web", "--", "head", "-c", "4"],
          randomBytes(8 * MEGABYTE),
        );
        expect([exitCode, stdout.length > 0]).toEqual([0, true]);
      },
      STEP_MS,
    );

    test(
      "exec of a program that does not exist says so",
      async () => {
        const { exitCode, stderr } = await kubectl(["exec", "web", "--", "no-such-program"]);
        expect(exitCode).toBe(1);
        expect(stderr).toContain(
          "error executing command in container: no such program: no-such-program",
        );
      },
      STEP_MS,
    );

    test(
      "exec -it has a terminal of the client's size, that follows it",
      async () => {
        let seen = "";
        const client = Bun.spawn(
          [
            ...base(),
            "exec",
            "-it",
            "web",
            "--",
            "sh",
            "-c",
            'size() { until [ "$(stty size)" = "$1" ]; do sleep 0.05; done; echo "now $1"; }; size \'33 99\'; size \'44 111\'; exit 7',
          ],
          {
            terminal: {
              cols: 99,
              rows: 33,
              data: (_terminal, bytes) => {
                seen += Buffer.from(bytes).toString();
              },
            },
          },
        );
        await eventually(() => seen.includes("now 33 99"));
        client.terminal?.resize(111, 44);
        // kubectl may not listen for the signal yet when it tells its first size.
        await eventually(() => {
          client.kill("SIGWINCH");
          return seen.includes("now 44 111");
        });
        expect(await client.exited).toBe(7);
      },
      STEP_MS,
    );

    test(
      "attach talks to the container's process",
      async () => {
        const { exitCode, stdout } = await kubectl(["attach", "-i", "web"], "hello\n");
        expect([exitCode, stdout]).toEqual([0, "got hello\n"]);
      },
      STEP_MS,
    );

    test(
      "cp copies both ways",
      async () => {
        const bytes = randomBytes(3 * MEGABYTE);
        const there = join(scratch, "there");
        const back = join(scratch, "back");
        writeFileSync(join(scratch, "from"), bytes);
        const into = await kubectl(["cp", join(scratch, "from"), `web:${there}`]);
        expect([into.exitCode, into.stderr]).toEqual([0, ""]);
        expect(md5(readFileSync(there))).toBe(md5(bytes));
        expect((await kubectl(["cp", `web:${there}`, back])).exitCode).toBe(0);
        expect(md5(readFileSync(back))).toBe(md5(bytes));
      },
      STEP_MS,
    );

    test(
      "what is refused is told in the API's words",
      async () => {
        const nobody = await run([
          path,
          `--server=https://127.0.0.1:${site.front.port}`,
          "--insecure-skip-tls-verify",
          "--token=wrong",
          "exec",
          "web",
          "--",
          "true",
        ]);
        expect(nobody.exitCode).toBe(1);
        expect(nobody.stderr).toMatch(/Unauthorized|must be logged in|credentials/);
      },
      STEP_MS,
    );

    describe("port-forward", () => {
      test(
        "carries a hundred connections at once, half-closed and back, and reports a refused one",
        async () => {
          await using service = await EchoService.start();
          await using forward = await PortForward.start(base(), service.port);
          const bytes = randomBytes(200_000);
          const why = `error forwarding port ${service.port} to pod web, uid u-1: `;
          const answers = await Promise.all(
            Array.from({ length: 100 }, () => ask(forward.port, bytes)),
          );
          expect(answers.filter((answer) => answer !== md5(bytes))).toEqual([]);
          await service.stop();
          expect(await ask(forward.port, bytes)).toBe("");
          await eventually(() => forward.errors.includes(why));
        },
        STEP_MS,
      );
    });

    test(
      "that is killed takes its process along",
      async () => {
        const client = Bun.spawn([...base(), "exec", "-i", "web", "--", "sleep", "1000"], {
          stdin: "pipe",
          stdout: "ignore",
          stderr: "ignore",
        });
        await eventually(() => streams.alive.size > 0);
        client.kill("SIGKILL");
        await eventually(() => streams.alive.size === 0);
      },
      STEP_MS,
    );

    test(
      "leaves nothing behind",
      async () => {
        await eventually(() => streams.alive.size === 0);
      },
      STEP_MS,
    );
  },
);

/** Answers the MD5 of all it gets, once the client has half-closed. */
class EchoService {
  readonly #server: Server;

  static async start(): Promise<EchoService> {
    const service = new EchoService();
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const hash = createHash("md5");
      socket.on("data", (bytes) => hash.update(bytes));
      socket.on("end", () => socket.end(hash.digest("hex")));
      socket.on("error", () => socket.destroy());
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** A running `kubectl port-forward`. */
class PortForward {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  #output = "";
  port = 0;
  errors = "";

  static async start(kubectl: readonly string[], target: number): Promise<PortForward> {
    const forward = new PortForward([...kubectl, "port-forward", "pod/web", `:${target}`]);
    forward.port = await eventually(() => {
      const [, port] = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(forward.#output) ?? [];
      return port === undefined ? false : Number(port);
    });
    return forward;
  }

  private constructor(command: readonly string[]) {
    this.#child = Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    void this.#collectOutput();
    void this.#collectErrors();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#child.exited;
  }

  // To the end: kubectl dies of a closed pipe.
  async #collectOutput(): Promise<void> {
    for await (const bytes of this.#child.stdout) this.#output += Buffer.from(bytes).toString();
  }

  async #collectErrors(): Promise<void> {
    for await (const bytes of this.#child.stderr) this.errors += Buffer.from(bytes).toString();
  }
}

/** Sends `bytes` and the end of them; resolves with all that comes back, also when that is nothing. */
function ask(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () =>
      socket.end(bytes),
    );
    socket.on("data", (piece) => {
      answer += piece.toString();
    });
    socket.on("error", () => resolve(answer));
    socket.on("close", () => resolve(answer));
  });
}
