/** What the oldest and the newest kubectl do with what was applied before: change it, prune it, take it over. */
import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eachKubectl } from "#test/kit/each-kubectl.ts";
import { oldestAndNewest } from "#test/kit/kubectl.ts";
import type { KubectlSpace } from "#test/kit/kubectl-space.ts";

const VERB_MS = 60_000;

const map = (name: string, color: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {set: one}}\ndata: {color: ${color}}\n`;

const maps = async (k: KubectlSpace): Promise<readonly string[]> =>
  (await k.ok("get configmaps -l set=one -o name")).trim().split("\n");

/** The path of an editor that puts `to` in the place of `from`. */
const editor = (k: KubectlSpace, { from, to }: { from: string; to: string }): string =>
  k.file(`#!/bin/sh\nsed -i 's/${from}/${to}/' "$1"\n`, 0o755);

await eachKubectl(
  ({ kubectl }) => {
    test(
      "the last applied configuration is set, edited and shown",
      async () => {
        const k = kubectl();
        const red = k.file(map("last", "red"));
        await k.ok(["create", "-f", red]);
        const set = ["apply", "set-last-applied", "-f", red];
        expect(await k.refused(set)).toContain("--create-annotation");
        expect(await k.ok([...set, "--create-annotation", "--dry-run=server"])).toBe(
          "configmap/last configured (server dry run)\n",
        );
        await k.ok([...set, "--create-annotation"]);
        expect(await k.ok("apply view-last-applied cm/last -o json")).toContain('"color": "red"');
        const EDITOR = `sh ${editor(k, { from: "color: red", to: "color: blue" })}`;
        await k.ok("apply edit-last-applied cm/last", { env: { EDITOR } });
        expect(await k.ok("apply view-last-applied cm/last")).toContain("color: blue");
        expect(await k.read("cm/last", ".data.color")).toBe("red");
        await k.ok("delete configmap last");
      },
      VERB_MS,
    );

    test(
      "apply --prune removes what is no longer in the set",
      async () => {
        const k = kubectl();
        // Without it 1.20 asks for kinds that Kubernetes no longer has.
        const only = `--prune-${k.minor < 26 ? "whitelist" : "allowlist"}=core/v1/ConfigMap`;
        const prune = ["apply", "--prune", "-l", "set=one", only, "-f"];
        await k.ok(["apply", "-f", k.file(`${map("kept", "red")}---\n${map("gone", "red")}`)]);
        const kept = k.file(map("kept", "red"));
        expect(await k.ok([...prune, kept, "--dry-run=server"])).toContain(
          "configmap/gone pruned (server dry run)",
        );
        expect(await maps(k)).toEqual(["configmap/gone", "configmap/kept"]);
        expect(await k.ok([...prune, kept])).toContain("configmap/gone pruned\n");
        expect(await maps(k)).toEqual(["configmap/kept"]);
        await k.ok("delete configmap kept");
      },
      VERB_MS,
    );

    test(
      "an ApplySet knows what belongs to it",
      async () => {
        const k = kubectl();
        if (k.minor < 27) return; // it knows none
        const env = { KUBECTL_APPLYSET: "true" };
        const apply = (text: string): Promise<string> =>
          k.ok(["apply", "--prune", "--applyset=mine", "-f", k.file(text)], { env });
        await apply(`${map("first", "red")}---\n${map("second", "red")}`);
        const [what, content] = k.minor < 29 ? ["resources", "configmaps"] : ["kinds", "ConfigMap"];
        const group = `.metadata.annotations.applyset\\.kubernetes\\.io/contains-group-${what}`;
        expect(await k.read("secret/mine", group)).toBe(content);
        expect(await apply(map("second", "blue"))).toContain("configmap/first pruned\n");
        expect(await maps(k)).toEqual(["configmap/second"]);
        await k.ok("delete configmap/second secret/mine");
      },
      VERB_MS,
    );

    test(
      "server-side apply tells who owns a field, and takes it over when told to",
      async () => {
        const k = kubectl();
        const [red, blue] = [k.file(map("owned", "red")), k.file(map("owned", "blue"))];
        await k.ok(["apply", "--server-side", "--field-manager=one", "-f", red]);
        const second = ["apply", "--server-side", "--field-manager=two", "-f", blue];
        expect(await k.refused(second)).toMatch(
          /Apply failed with 1 conflict: conflict with "one"[^:]*: \.data\.color/,
        );
        const diff = await k.run(["diff", "--server-side", "--force-conflicts", "-f", blue]);
        expect([diff.exitCode, diff.stdout]).toEqual([
          1,
          expect.stringContaining("+  color: blue"),
        ]);
        await k.ok([...second, "--force-conflicts"]);
        expect(await k.read("cm/owned", ".data.color")).toBe("blue");
        const shown = k.minor >= 21 ? ["--show-managed-fields"] : [];
        const managers = "jsonpath={.metadata.managedFields[*].manager}";
        expect(await k.ok(["get", "cm/owned", "-o", managers, ...shown])).toBe("one two");
        await k.ok("delete configmap owned");
      },
      VERB_MS,
    );

    test(
      "a folder of kustomize is applied, compared, read and deleted",
      async () => {
        const k = kubectl();
        const folder = join(k.folder, "kustomize");
        mkdirSync(folder);
        writeFileSync(join(folder, "map.yaml"), map("map", "red"));
        const generator = "configMapGenerator: [{name: made, literals: [a=1]}]";
        const kustomization = `namePrefix: my-\nresources: [map.yaml]\n${generator}\n`;
        writeFileSync(join(folder, "kustomization.yaml"), kustomization);
        expect(await k.ok(["kustomize", folder])).toMatch(/name: my-made-\w+\n/);
        expect(await k.ok(["apply", "-k", folder])).toMatch(
          /^configmap\/my-made-\w+ created\nconfigmap\/my-map created\n$|^configmap\/my-map created\nconfigmap\/my-made-\w+ created\n$/,
        );
        expect((await k.run(["diff", "-k", folder])).exitCode).toBe(0);
        expect(await k.ok(["get", "-k", folder, "-o", "name"])).toContain("configmap/my-map\n");
        await k.ok(["delete", "-k", folder]);
        expect(await k.refused("get configmap my-map")).toContain('"my-map" not found');
      },
      VERB_MS,
    );

    test(
      "apply --force makes anew what cannot be changed",
      async () => {
        const k = kubectl();
        const service = (address: string): string =>
          k.file(
            `apiVersion: v1\nkind: Service\nmetadata: {name: fixed}\nspec: {clusterIP: ${address}, ports: [{port: 80}]}\n`,
          );
        const [first, second] = [`10.43.9.${k.minor}`, `10.43.10.${k.minor}`];
        await k.ok(["apply", "-f", service(first)]);
        expect(await k.refused(["apply", "-f", service(second)])).toContain(
          "may not change once set",
        );
        await k.ok(["apply", "--force", "-f", service(second)]);
        expect(await k.read("service/fixed", ".spec.clusterIP")).toBe(second);
        await k.ok("delete service fixed");
      },
      VERB_MS,
    );
  },
  { versions: await oldestAndNewest() },
);
