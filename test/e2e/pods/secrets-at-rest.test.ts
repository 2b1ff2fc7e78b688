import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "#test/kit/eventually.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { filesWith, formsOf } from "#test/kit/plant.ts";
import { SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

const TEST_MS = 120_000;
const planted = (what: string): string => `planted-${what}-${crypto.randomUUID()}`;

/** A pod that has the Secret in every way there is. */
const POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "reader" },
  spec: {
    containers: [
      {
        name: "reader",
        image: "busybox:1.36",
        command: ["sh", "-c", "sleep 1000"],
        env: [
          { name: "FROM_KEY", valueFrom: { secretKeyRef: { name: "planted", key: "password" } } },
        ],
        envFrom: [{ secretRef: { name: "planted" } }],
        volumeMounts: [
          { name: "plain", mountPath: "/plain" },
          { name: "projected", mountPath: "/projected" },
        ],
      },
    ],
    volumes: [
      { name: "plain", secret: { secretName: "planted" } },
      { name: "projected", projected: { sources: [{ secret: { name: "planted" } }] } },
    ],
  },
};

/** Fails where a value lies on disk or was logged; `allowed` names the files that are for it. */
function expectHidden(site: SiteProcess, value: string, allowed: readonly string[] = []): void {
  const found = filesWith(value, site.dataDir).map((path) => path.slice(site.dataDir.length + 1));
  expect(found.filter((path) => !allowed.includes(path))).toEqual([]);
  expect(formsOf(value).filter((form) => site.log.includes(form))).toEqual([]);
}

test(
  "no Secret and no token lies on disk or in the log in clear, however it is used",
  async () => {
    await using host = await NetworkNamespace.create();
    const runtime = suiteRuntime();
    const args = ["--log-level", "debug"];
    await using site = await SiteProcess.start({ namespace: host, runtime, args });
    await site.nodeReady();
    const password = planted("password");
    const patched = planted("patched");
    const refused = planted("refused");
    const deleted = planted("deleted");
    const joining = planted("bootstrap");
    const apply = (object: object) =>
      site.output(["apply", "-f", "-"], { stdin: JSON.stringify(object) });
    const secret = (name: string, stringData: object, more: object = {}) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name },
      stringData,
      ...more,
    });
    await apply(secret("planted", { password }));
    await apply(POD);
    await eventually(
      async () =>
        (await site.output(["get", "pod", "reader", "-o", "jsonpath={.status.phase}"])) ===
        "Running",
      { what: "The pod" },
    );
    const seen = 'echo "$FROM_KEY $password $(cat /plain/password) $(cat /projected/password)"';
    const output = await site.output(["exec", "reader", "--", "sh", "-c", seen]);
    expect(output.trim()).toBe(Array(4).fill(password).join(" "));

    await site.output([
      ...["patch", "secret", "planted", "--type=merge", "-p"],
      JSON.stringify({ stringData: { password: patched } }),
    ]);
    await eventually(
      async () =>
        (await site.output(["exec", "reader", "--", "cat", "/plain/password"])) === patched,
      { what: "The new value in the volume" },
    );
    await apply(secret("gone", { password: deleted }));
    await site.output(["delete", "secret", "gone"]);
    // What is refused is told to its sender alone.
    const wrong = secret("Wrong_Name", { password: refused }, { type: 7 });
    await site.kubectl(["create", "--validate=false", "-f", "-"], { stdin: JSON.stringify(wrong) });
    const bootstrap = secret("bootstrap-token-abcdef", {
      "token-id": "abcdef",
      "token-secret": joining,
      "usage-bootstrap-authentication": "true",
    });
    await apply({
      ...bootstrap,
      metadata: { ...bootstrap.metadata, namespace: "kube-system" },
      type: "bootstrap.kubernetes.io/token",
    });
    const serviceAccountToken = (await site.kubectl(["create", "token", "default"])).stdout.trim();

    const mistyped = planted("mistyped");
    const inUrl = planted("url");
    const inProtocol = planted("protocol");
    const bearer = Buffer.from(inProtocol).toString("base64url");
    await host.run([
      ...["curl", "-sk", "-H", `Authorization: Bearer ${mistyped}`],
      ...["-H", `Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.${bearer}`],
      `https://127.0.0.1:6443/api/v1/pods?token=${inUrl}`,
    ]);
    const kubeconfig = (await site.command(["kubeconfig", "create", "jane"])).stdout;
    const [, encodedKey = ""] = /client-key-data: (\S+)/.exec(kubeconfig) ?? [];
    const [, clientKey = ""] = Buffer.from(encodedKey, "base64").toString().split("\n");
    expect(clientKey).not.toBe("");

    const values = [
      ...[password, patched, refused, deleted, joining, serviceAccountToken],
      ...[mistyped, inUrl, inProtocol, clientKey],
    ].filter((value) => value !== "");
    const adminToken = readFileSync(join(site.dataDir, "pki/admin.token"), "utf8").trim();
    const expectAllHidden = (): void => {
      for (const value of values) expectHidden(site, value);
      expectHidden(site, adminToken, ["pki/admin.token", "kubeconfig.yaml"]);
    };
    // The meta rows are on disk.
    await Bun.sleep(1500);
    expectAllHidden();
    expect((await site.command(["secrets", "rotate-key"])).stdout).toContain("a new key");
    expectAllHidden();
    expect(await site.output(["exec", "reader", "--", "cat", "/plain/password"])).toBe(patched);
    await site.stop("SIGKILL");
    expectAllHidden();

    const database = join(site.dataDir, "edgesite.db");
    copyFileSync(database, `${database}.backup`);
    const dump = new Database(`${database}.backup`);
    dump.run(`VACUUM INTO '${database}.dump'`);
    dump.close();
    expectAllHidden();

    site.launch();
    await site.ready();
    const data = "jsonpath={.data.password}";
    const again = await site.output(["get", "secret", "planted", "-o", data]);
    expect(Buffer.from(again, "base64").toString()).toBe(patched);
    await site.stop();
    expectAllHidden();
  },
  TEST_MS,
);

test(
  "a row that the card has damaged takes nothing else down, and says so",
  async () => {
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({ namespace: host });
    for (const name of ["good", "bad"]) {
      await site.output(["create", "configmap", name, "--from-literal=a=b"]);
      await site.output(["create", "secret", "generic", name, "--from-literal=a=b"]);
    }
    await site.stop();
    const sqlite = new Database(join(site.dataDir, "edgesite.db"));
    sqlite.run("UPDATE objects SET value = zeroblob(100) WHERE name = 'bad'");
    sqlite.close();
    site.launch();
    await site.ready();
    expect(await site.output(["get", "--raw", "/readyz?verbose"])).toContain(
      "[+]stored-rows ok: rows cannot be read and are in quarantine: 1 of configmaps, 1 of secrets\n",
    );
    expect(site.log).toContain("/secrets default/bad");
    expect((await site.status()).degraded.join("\n")).toContain("/configmaps default/bad");
    expect(await site.output(["get", "configmaps,secrets", "-o", "name"])).not.toContain("bad");
    const damaged = await site.kubectl(["get", "secret", "bad"]);
    expect(damaged.stderr).toContain('the row of secrets "bad" cannot be read');
    await site.output(["delete", "configmap/bad", "secret/bad"]);
    await site.output(["create", "configmap", "bad", "--from-literal=a=c"]);
    expect(await site.output(["get", "--raw", "/readyz?verbose"])).toContain("[+]stored-rows ok\n");
  },
  TEST_MS,
);
