import { randomUUID } from "node:crypto";
import type { Subprocess } from "bun";
import type { Pod } from "#api/object.ts";
import type { DockerEngine } from "./docker-engine.ts";
import { eventually } from "./eventually.ts";

const URL = "http://127.0.0.1:12345";

/**
 * An edge node without a site, driven over dbTest's HTTP. It shares the network namespace of its
 * engine, as a node does: a pod on the host's network is on the node's.
 */
export class EdgeNode implements AsyncDisposable {
  readonly #engine: DockerEngine;
  readonly #child: Subprocess<"ignore", "inherit", "pipe">;
  readonly #log: Promise<string>;

  private constructor(engine: DockerEngine, child: Subprocess<"ignore", "inherit", "pipe">) {
    this.#engine = engine;
    this.#child = child;
    this.#log = new Response(child.stderr).text();
  }

  /** Starts the node and waits until dbTest answers. */
  static async start(engine: DockerEngine): Promise<EdgeNode> {
    const program = ["--preload", "./test/preload.ts", "test/kit/driven-edge.ts"];
    const command = [process.execPath, ...program, engine.address, randomUUID().slice(0, 8)];
    const child = Bun.spawn(engine.namespace.command(command), {
      stdin: "ignore",
      stdout: "inherit",
      stderr: "pipe",
    });
    const node = new EdgeNode(engine, child);
    try {
      await eventually(() => node.#answers(), { what: "An answer of dbTest" });
      return node;
    } catch (error) {
      throw new Error(`The edge node did not start: ${await node.stop()}`, { cause: error });
    }
  }

  /** What dbTest is sent; resolves once metaManager has taken it. */
  async send(method: "PUT" | "DELETE", path: "/pods", object: object): Promise<void> {
    const options = ["-sS", "--fail-with-body", "-X", method, "--data-binary", "@-"];
    await this.#engine.namespace.output(["curl", ...options, `${URL}${path}`], {
      stdin: JSON.stringify(object),
    });
  }

  /** All pods, with the statuses that dbTest has heard of. */
  async pods(): Promise<readonly Pod[]> {
    const text = await this.#engine.namespace.output(["curl", "-sS", "--fail", `${URL}/pods`]);
    const list: { items: Pod[] } = JSON.parse(text);
    return list.items;
  }

  async pod(name: string): Promise<Pod | undefined> {
    return (await this.pods()).find(({ metadata }) => metadata?.name === name);
  }

  /** Resolves with the pod as soon as `check` holds for it. */
  podThat(name: string, what: string, check: (pod: Pod) => boolean | undefined): Promise<Pod> {
    return eventually(
      async () => {
        const pod = await this.pod(name);
        return pod && check(pod) ? pod : undefined;
      },
      { what: `${name}: ${what}` },
    );
  }

  /** IDs of the containers that a pod has, sandboxes and dead ones included. */
  async containers(pod: string, filter: "all" | "main" = "all"): Promise<string[]> {
    const labels = [`io.kubernetes.pod.name=${pod}`];
    if (filter === "main") labels.push("io.kubernetes.docker.type=container");
    const filters = labels.flatMap((label) => ["--filter", `label=${label}`]);
    const { stdout } = await this.#engine.docker(["ps", "-aq", "--no-trunc", ...filters]);
    return stdout.split("\n").filter((id) => id !== "");
  }

  /** Ends the node; its containers would live on. Answers all that it warned of. */
  async stop(): Promise<string> {
    this.#child.kill("SIGTERM");
    await this.#child.exited;
    return this.#log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #answers(): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error("The process has ended");
    return (
      (await this.#engine.namespace.run(["curl", "-sS", "--fail", `${URL}/pods`])).exitCode === 0
    );
  }
}
