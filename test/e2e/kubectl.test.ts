import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "#test/kit/eventually.ts";
import { kubectls } from "#test/kit/kubectl.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import type { Outcome } from "#test/kit/process.ts";
import { sharedEngine } from "#test/kit/shared-engine.ts";
import { SiteProcess } from "#test/kit/site-process.ts";

const VERB_MS = 60_000;

let namespace: NetworkNamespace;
let site: SiteProcess;
let files: string;

beforeAll(async () => {
  namespace = await NetworkNamespace.create();
  site = await SiteProcess.start({ namespace, engine: sharedEngine().address });
  await site.nodeReady();
  files = mkdtempSync(join(tmpdir(), "edgesite-kubectl-"));
}, VERB_MS);

afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await namespace[Symbol.asyncDispose]();
  rmSync(files, { recursive: true });
}, VERB_MS);

const versions = await kubectls();

const pod = (name: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels: {app: ${name}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: busybox:1.36
      command: [sh, -c, "echo first line; echo second line; trap 'exit 0' TERM; httpd -p 8080 -h /etc; while :; do sleep 0.1; done"]
`;

describe.each(versions.map((version) => [version.version, version] as const))(
  "kubectl %s",
  (name, version) => {
    const space = `v${name.replace(".", "-")}`;
    const minor = Number(name.slice(2));

    const kubectl = (args: readonly string[], stdin?: string): Promise<Outcome> =>
      site.kubectl(["-n", space, ...args], { version, ...(stdin !== undefined && { stdin }) });
    const ok = async (args: readonly string[], stdin?: string): Promise<string> => {
      const { exitCode, stdout, stderr } = await kubectl(args, stdin);
      if (exitCode !== 0)
        throw new Error(`kubectl ${args.join(" ")}: ${exitCode}: ${stderr.trim()}`);
      return stdout;
    };
    const file = (text: string): string => {
      const path = join(files, `${space}-${Bun.hash(text)}.yaml`);
      writeFileSync(path, text);
      return path;
    };

    beforeAll(async () => {
      await site.output(["create", "namespace", space], { version });
      await ok(["apply", "-f", file(pod("shell"))]);
      await ok(["wait", "--for=condition=Ready", "pod/shell", "--timeout=30s"]);
    }, VERB_MS);

    afterAll(async () => {
      await site.output(["delete", "namespace", space, "--wait=false"], { version });
    }, VERB_MS);

    test(
      "apply creates, changes nothing, changes, and diff shows what would",
      async () => {
        const map = (value: string) =>
          file(
            `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {color: ${value}}\n`,
          );
        expect(await ok(["apply", "-f", map("red")])).toBe("configmap/settings created\n");
        expect(await ok(["apply", "-f", map("red")])).toBe("configmap/settings unchanged\n");
        const diff = await kubectl(["diff", "-f", map("blue")]);
        expect([diff.exitCode, diff.stdout]).toEqual([
          1,
          expect.stringContaining("+  color: blue"),
        ]);
        expect(await ok(["apply", "-f", map("blue")])).toBe("configmap/settings configured\n");
        expect(await ok(["get", "cm/settings", "-o", "jsonpath={.data.color}"])).toBe("blue");
      },
      VERB_MS,
    );

    test(
      "create makes what its generators describe",
      async () => {
        await ok(["create", "configmap", "made", "--from-literal=a=1"]);
        await ok(["create", "secret", "generic", "hush", "--from-literal=password=pw"]);
        await ok(["create", "serviceaccount", "robot"]);
        await ok(["create", "service", "clusterip", "plain", "--tcp=80:8080"]);
        await ok(["create", "deployment", "made", "--image=busybox:1.36", "--replicas=0"]);
        await ok(["create", "job", "once", "--image=busybox:1.36", "--", "true"]);
        expect(await ok(["get", "secret", "hush", "-o", "jsonpath={.data.password}"])).toBe("cHc=");
        expect((await kubectl(["create", "configmap", "made"])).stderr).toContain(
          'configmaps "made" already exists',
        );
        await ok(["wait", "--for=condition=complete", "job/once", "--timeout=30s"]);
      },
      VERB_MS,
    );

    test(
      "get prints tables and objects, filters, and watches",
      async () => {
        const table = await ok(["get", "pod", "shell"]);
        expect(table).toMatch(
          /^NAME +READY +STATUS +RESTARTS +AGE\nshell +1\/1 +Running +0 +\d+s\n$/,
        );
        expect(await ok(["get", "pods", "-o", "wide", "-l", "app=shell"])).toMatch(
          / IP +NODE +NOMINATED NODE/,
        );
        expect(await ok(["get", "pods", "-l", "app=shell", "-o", "name"])).toBe("pod/shell\n");
        expect(await ok(["get", "pods", "-l", "app notin (shell)", "-o", "name"])).not.toContain(
          "shell",
        );
        const running = ["get", "pods", "--field-selector=status.phase=Running", "-o", "name"];
        expect(await ok(running)).toContain("pod/shell");
        expect(JSON.parse(await ok(["get", "pods", "-o", "json"])).kind).toBe("List");
        expect(await ok(["get", "pod/shell", "-o", "yaml"])).toContain("kind: Pod");
        expect((await kubectl(["get", "pod", "nope"])).stderr).toContain('pods "nope" not found');
        const watch = kubectl(["get", "configmaps", "-w", "--request-timeout=3s", "-o", "name"]);
        await Bun.sleep(300);
        await ok(["create", "configmap", "seen"]);
        expect((await watch).stdout).toContain("configmap/seen");
      },
      VERB_MS,
    );

    test(
      "describe shows an object with its events",
      async () => {
        expect(await ok(["describe", "pod", "shell"])).toMatch(
          /Started +.*kubelet|Started container/,
        );
        expect(await site.output(["describe", "nodes"], { version })).toContain("EdgeReady");
        expect(await ok(["describe", "namespace", space])).toContain("Active");
        expect(await ok(["get", "events"])).toContain("Scheduled");
        if (minor >= 27) expect(await ok(["events", "--for", "pod/shell"])).toContain("Scheduled");
      },
      VERB_MS,
    );

    test(
      "run, expose, scale, rollout, set image and undo live a Deployment's life",
      async () => {
        await ok(["run", "single", "--image=busybox:1.36", "--restart=Never", "--", "true"]);
        const command = ["--", "httpd", "-f", "-p", "8080"];
        await ok(["create", "deployment", "web", "--image=busybox:1.36", ...command]);
        await ok(["rollout", "status", "deployment/web", "--timeout=30s"]);
        await ok(["expose", "deployment", "web", "--port=80", "--target-port=8080"]);
        expect(await ok(["get", "service", "web"])).toMatch(
          /web +ClusterIP +10\.\d+\.\d+\.\d+ +<none> +80\/TCP/,
        );
        expect(await ok(["scale", "deployment/web", "--replicas=2"])).toContain("scaled");
        await ok(["rollout", "status", "deployment/web", "--timeout=30s"]);
        expect(await ok(["get", "deployment", "web"])).toMatch(/web +2\/2 +2 +2 /);
        await ok(["set", "image", "deployment/web", "busybox=busybox:1.36-two"]);
        const image = [
          "get",
          "deployment/web",
          "-o",
          "jsonpath={.spec.template.spec.containers[0].image}",
        ];
        expect(await ok(image)).toBe("busybox:1.36-two");
        await ok(["rollout", "status", "deployment/web", "--timeout=30s"]);
        expect(await ok(["rollout", "history", "deployment/web"])).toMatch(/1 .*\n2 /);
        await ok(["rollout", "undo", "deployment/web"]);
        expect(await ok(image)).toBe("busybox:1.36");
        await ok(["rollout", "status", "deployment/web", "--timeout=30s"]);
        await ok(["delete", "deployment/web", "service/web"]);
      },
      VERB_MS,
    );

    test(
      "label, annotate, patch and edit change an object",
      async () => {
        await ok(["create", "configmap", "changed", "--from-literal=a=1"]);
        const get = (path: string) => ok(["get", "configmap/changed", "-o", `jsonpath={${path}}`]);
        await ok(["label", "configmap/changed", "tier=edge"]);
        await ok(["annotate", "configmap/changed", "note=mine"]);
        expect([
          await get(".metadata.labels.tier"),
          await get(".metadata.annotations.note"),
        ]).toEqual(["edge", "mine"]);
        await ok(["patch", "configmap/changed", "--type=merge", "-p", '{"data":{"b":"2"}}']);
        await ok(["patch", "configmap/changed", "-p", '{"data":{"c":"3"}}']);
        await ok([
          "patch",
          "configmap/changed",
          "--type=json",
          "-p",
          '[{"op":"remove","path":"/data/a"}]',
        ]);
        expect(JSON.parse(await get(".data"))).toEqual({ b: "2", c: "3" });
        const editor = file("");
        writeFileSync(editor, '#!/bin/sh\nsed -i "s/b: .2./b: edited/" "$1"\n', { mode: 0o755 });
        const edited = await site.kubectl(["-n", space, "edit", "configmap/changed"], {
          version,
          env: { EDITOR: `sh ${editor}` },
        });
        expect(edited.stdout).toContain("edited");
        expect(await get(".data.b")).toBe("edited");
      },
      VERB_MS,
    );

    test(
      "logs, exec and cp reach into a container",
      async () => {
        expect(await ok(["logs", "shell"])).toBe("first line\nsecond line\n");
        expect(await ok(["logs", "shell", "--tail=1"])).toBe("second line\n");
        const follow = kubectl(["logs", "-f", "shell", "--request-timeout=2s"]);
        expect((await follow).stdout).toContain("second line");
        expect(await ok(["exec", "shell", "--", "echo", "hello"])).toBe("hello\n");
        expect((await kubectl(["exec", "shell", "--", "sh", "-c", "exit 7"])).exitCode).toBe(7);
        expect(await ok(["exec", "-i", "shell", "--", "cat"], "through stdin")).toBe(
          "through stdin",
        );
        const terminal = await site.kubectl(
          ["-n", space, "exec", "-it", "shell", "--", "sh", "-c", "test -t 0 && echo terminal"],
          { version },
        );
        expect(terminal.stdout + terminal.stderr).toMatch(/terminal|not a TTY|not a terminal/i);
        const source = join(files, `${space}-copied`);
        writeFileSync(source, "x".repeat(300_000));
        await ok(["cp", source, `${space}/shell:/tmp/copied`]);
        await ok(["cp", `${space}/shell:/tmp/copied`, `${source}.back`]);
        expect(readFileSync(`${source}.back`, "utf8")).toBe("x".repeat(300_000));
      },
      VERB_MS,
    );

    test(
      "port-forward carries requests to a pod",
      async () => {
        const port = 20_000 + minor;
        const forward = kubectl([
          "port-forward",
          "pod/shell",
          `${port}:8080`,
          "--request-timeout=20s",
        ]);
        const fetched = await eventually(
          async () => {
            const { exitCode, stdout } = await namespace.run([
              "curl",
              "-s",
              `http://127.0.0.1:${port}/passwd`,
            ]);
            return exitCode === 0 && stdout;
          },
          { what: "The forwarded port" },
        );
        expect(fetched).toContain("root:x:0:0");
        await namespace.run(["pkill", "-f", `port-forward pod/shell ${port}:8080`]);
        await forward;
      },
      VERB_MS,
    );

    test(
      "api-resources, explain and dry-run read the API's own description",
      async () => {
        const resources = await ok(["api-resources"]);
        expect(resources).toMatch(/deployments +deploy +apps\/v1 +true +Deployment/);
        expect(await ok(["explain", "pod.spec.containers.image"])).toMatch(
          /Container image name|image name/i,
        );
        const made = [
          "create",
          "configmap",
          "dry",
          "--from-literal=a=1",
          "--dry-run=server",
          "-o",
          "name",
        ];
        expect(await ok(made)).toBe("configmap/dry\n");
        expect((await kubectl(["get", "configmap", "dry"])).exitCode).toBe(1);
        const unknown = file(
          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\nspec: {a: 1}\n",
        );
        const refused = await kubectl(["apply", "-f", unknown]);
        expect([refused.exitCode, refused.stderr]).toEqual([
          1,
          expect.stringMatching(/unknown field "?(io.k8s.api.core.v1.ConfigMap)?.*spec/),
        ]);
      },
      VERB_MS,
    );

    test(
      "delete waits until an object is gone",
      async () => {
        await ok(["apply", "-f", file(pod("doomed"))]);
        await ok(["wait", "--for=condition=Ready", "pod/doomed", "--timeout=30s"]);
        await ok(["delete", "pod", "doomed", "--wait"]);
        expect((await kubectl(["get", "pod", "doomed"])).exitCode).toBe(1);
        expect((await kubectl(["delete", "pod", "doomed"])).stderr).toContain(
          'pods "doomed" not found',
        );
      },
      VERB_MS,
    );
  },
);
