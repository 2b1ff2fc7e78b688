/** How every kubectl reaches into containers: logs, exec, attach, cp, port-forward. */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eachKubectl } from "#test/kit/each-kubectl.ts";
import { eventually } from "#test/kit/eventually.ts";

const VERB_MS = 60_000;

const PODS = `apiVersion: v1
kind: Pod
metadata: {name: shell, labels: {app: shell}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: busybox:1.36
      command: [sh, -c, "echo first line; echo second line; httpd -p 8080 -h /etc; while :; do sleep 0.1; done"]
---
apiVersion: v1
kind: Pod
metadata: {name: pair, labels: {app: pair}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - {name: left, image: "busybox:1.36", command: [sh, -c, "echo from left; sleep 1000"]}
    - {name: right, image: "busybox:1.36", command: [sh, -c, "echo from right; sleep 1000"]}
---
apiVersion: v1
kind: Service
metadata: {name: shell}
spec:
  selector: {app: shell}
  ports: [{port: 80, targetPort: 8080}]
`;

await eachKubectl(
  ({ kubectl, host }) => {
    test(
      "logs reads a container's output, whole or in part",
      async () => {
        const k = kubectl();
        expect(await k.ok("logs shell")).toBe("first line\nsecond line\n");
        expect(await k.ok("logs shell --tail=1")).toBe("second line\n");
        expect(await k.ok("logs shell --since=1h")).toContain("first line");
        expect(await k.ok("logs shell --limit-bytes=5")).toBe("first");
        expect(await k.ok("logs shell --timestamps --tail=1")).toMatch(
          /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z second line\n$/,
        );
        expect(await k.ok("logs pair -c right")).toBe("from right\n");
        const both = await k.ok("logs pair --all-containers");
        expect(both.split("\n").sort()).toEqual(["", "from left", "from right"]);
        expect(await k.ok("logs -l app=shell --tail=1")).toBe("second line\n");
        expect(await k.refused("logs shell -c nobody")).toContain("nobody is not valid for pod");
        expect(await k.refused("logs shell -p")).toContain(
          'previous terminated container "main" in pod "shell" not found',
        );
      },
      VERB_MS,
    );

    test(
      "logs -f follows a container to its end, and its successor can tell what it said",
      async () => {
        const k = kubectl();
        const script = "until test -e /tmp/go; do sleep 0.05; done; echo going; exit 3";
        await k.ok(["run", "silent", "--image=busybox:1.36", "--", "sh", "-c", script]);
        await k.ok("wait --for=condition=Ready pod/silent --timeout=30s");
        await using follow = k.start("logs -f silent");
        await k.ok("exec silent -- touch /tmp/go");
        expect(await follow.exited).toBe(0);
        expect(follow.output).toBe("going\n");
        await eventually(async () => (await k.run("logs -p silent")).stdout === "going\n");
        await k.ok("delete pod silent --wait=false");
      },
      VERB_MS,
    );

    test(
      "exec passes outputs, input and exit code",
      async () => {
        const k = kubectl();
        expect(await k.ok("exec shell -- echo hello")).toBe("hello\n");
        const fails = await k.run([
          "exec",
          "shell",
          "--",
          "sh",
          "-c",
          "echo out; echo err >&2; exit 7",
        ]);
        expect([fails.exitCode, fails.stdout]).toEqual([7, "out\n"]);
        expect(fails.stderr).toMatch(/^err\ncommand terminated with exit code 7\n$/);
        const stdin = "through stdin\n".repeat(10_000);
        expect(await k.ok("exec -i shell -- cat", { stdin })).toBe(stdin);
        expect(await k.ok("exec pair -c right -- cat /etc/hostname")).toBe("pair\n");
        const missing = await k.run("exec shell -- no-such-program");
        expect(missing.exitCode).not.toBe(0);
        expect(missing.stdout + missing.stderr).toContain("no-such-program");
        expect(await k.refused("exec nobody -- true")).toContain('pods "nobody" not found');
      },
      VERB_MS,
    );

    test(
      "exec -it gives a terminal of the client's size, and follows it",
      async () => {
        const k = kubectl();
        const shell = k.start("exec -it shell -- sh", { terminal: { cols: 99, rows: 33 } });
        await using client = shell;
        await eventually(() => {
          client.terminal?.write("test -t 0 && stty size\n");
          return client.output.includes("33 99");
        });
        client.terminal?.resize(111, 44);
        await eventually(() => {
          client.kill("SIGWINCH");
          client.terminal?.write("stty size\n");
          return client.output.includes("44 111");
        });
        client.terminal?.write("exit 7\n");
        expect(await client.exited).toBe(7);
      },
      VERB_MS,
    );

    test(
      "run -i --rm runs a pod to its end, shows it once and hands on its exit code",
      async () => {
        const k = kubectl();
        const run = (name: string, ...command: string[]) => [
          ...["run", name, "--rm", "-i", "--restart=Never", "--image=busybox:1.36"],
          ...["--", ...command],
        ];
        const cat = await k.run(run("cat", "cat"), { stdin: "a line\n" });
        expect(cat.exitCode).toBe(0);
        expect(cat.stdout).toStartWith("a line\n");
        const script = "read word; echo got $word; exit 3";
        const fails = await k.run(run("fails", "sh", "-c", script), { stdin: "it\n" });
        expect(fails.exitCode).toBe(3);
        expect(fails.stdout.match(/got it/g)).toHaveLength(1);
        expect(fails.stderr).toContain("terminated (Error)");
        expect(fails.stderr).not.toContain("falling back");
        expect(await k.ok("get pods -o name")).not.toMatch(/pod\/(cat|fails)/);
      },
      VERB_MS,
    );

    test(
      "attach shows what a container says from now on",
      async () => {
        const k = kubectl();
        const script = "until test -e /tmp/go; do sleep 0.05; done; echo now; exec sleep 1000";
        await k.ok(["run", "talker", "--image=busybox:1.36", "--", "sh", "-c", script]);
        await k.ok("wait --for=condition=Ready pod/talker --timeout=30s");
        await using client = k.start("attach talker");
        await eventually(async () => {
          await k.ok(["exec", "talker", "--", "sh", "-c", "echo hint > /proc/1/fd/1"]);
          return client.output.includes("hint");
        });
        await k.ok("exec talker -- touch /tmp/go");
        await client.wrote("now");
        await k.ok("delete pod talker --force --grace-period=0");
      },
      VERB_MS,
    );

    test(
      "cp copies files and folders both ways",
      async () => {
        const k = kubectl();
        const content = "x".repeat(300_000);
        const folder = join(k.folder, "sent");
        mkdirSync(join(folder, "deeper"), { recursive: true });
        writeFileSync(join(folder, "file"), content);
        writeFileSync(join(folder, "deeper", "file"), "deep");
        await k.ok(["cp", join(folder, "file"), `${k.name}/shell:/tmp/file`]);
        await k.ok(["cp", `${k.name}/shell:/tmp/file`, join(k.folder, "back")]);
        expect(readFileSync(join(k.folder, "back"), "utf8")).toBe(content);
        await k.ok(["cp", folder, "shell:/tmp/folder"]);
        await k.ok(["cp", "-c", "main", "shell:/tmp/folder", join(k.folder, "folder")]);
        expect(readFileSync(join(k.folder, "folder", "deeper", "file"), "utf8")).toBe("deep");
      },
      VERB_MS,
    );

    test(
      "port-forward carries requests to a pod and to a Service's",
      async () => {
        const k = kubectl();
        for (const [target, port] of [
          ["pod/shell", 8080],
          ["service/shell", 80],
        ] as const) {
          await using forward = k.start(`port-forward ${target} :${port}`);
          await forward.wrote("Forwarding from 127.0.0.1:");
          const [, local] = /127\.0\.0\.1:(\d+)/.exec(forward.output) ?? [];
          const url = `http://127.0.0.1:${local}/passwd`;
          const fetched = await host().output(["curl", "-sf", "--retry", "3", url]);
          expect(fetched).toContain("root:x:0:0");
          expect(await host().output(["curl", "-sf", url])).toBe(fetched);
        }
      },
      VERB_MS,
    );

    test(
      "proxy and get --raw reach a pod, a Service's, and the node's agent through the API",
      async () => {
        const k = kubectl();
        const own = `/api/v1/namespaces/${k.name}`;
        const node = await k.read("pod/shell", ".spec.nodeName");
        expect(await k.ok(`get --raw ${own}/pods/shell:8080/proxy/passwd`)).toContain("root:x:0:0");
        expect(await k.ok(`get --raw ${own}/services/shell/proxy/passwd`)).toContain("root:x:0:0");
        expect(await k.refused(`get --raw ${own}/pods/shell:9/proxy/`)).toContain(
          "connect: connection refused",
        );
        expect(await k.ok(`get --raw /api/v1/nodes/${node}/proxy/healthz`)).toBe("ok");
        expect(await k.ok(`get --raw /api/v1/nodes/${node}/proxy/pods`)).toContain('"shell"');
        const agent = `get --raw /api/v1/nodes/${node}/proxy`;
        const labels = `container="main",namespace="${k.name}",pod="shell"`;
        const numbers = await k.ok(`${agent}/metrics/resource`);
        expect(numbers).toMatch(
          new RegExp(`container_cpu_usage_seconds_total\\{${labels}\\} 0\\.\\d+\n`),
        );
        expect(numbers).toMatch(
          new RegExp(`container_memory_working_set_bytes\\{${labels}\\} [1-9]\\d+\n`),
        );
        const summary = JSON.parse(await k.ok(`${agent}/stats/summary`));
        expect(summary.node.memory.workingSetBytes).toBeGreaterThan(1_000_000);
        expect(JSON.stringify(summary.pods)).toContain(`"podRef":{"namespace":"${k.name}"`);
        expect(await k.ok(`${agent}/metrics`)).toContain(`kubelet_node_name{node="${node}"} 1`);
        await using proxy = k.start("proxy --port=0");
        await proxy.wrote("Starting to serve on 127.0.0.1:");
        const [, local] = /127\.0\.0\.1:(\d+)/.exec(proxy.output) ?? [];
        const curl = (path: string, ...options: string[]): Promise<string> =>
          host().output(["curl", "-s", ...options, `http://127.0.0.1:${local}${own}${path}`]);
        expect(await curl("/services/shell:80/proxy/passwd", "-f")).toContain("root:x:0:0");
        const head = await curl("/pods/shell:8080/proxy/passwd", "-I");
        expect(head).toMatch(/^HTTP\/1.1 200 OK\r\n.*content-length: [1-9]/is);
        expect(await curl("/pods/shell:8080/proxy", "-i")).toMatch(
          new RegExp(`301.*location: ${own}/pods/shell:8080/proxy/\r`, "is"),
        );
      },
      VERB_MS,
    );
  },
  {
    prepare: async (k) => {
      await k.ok(["apply", "-f", k.file(PODS)]);
      await k.ok("wait --for=condition=Ready pod/shell pod/pair --timeout=30s");
    },
  },
);
