import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newestKubectl } from "#test/kit/kubectl.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { run } from "#test/kit/process.ts";
import { BINARY, SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

setDefaultTimeout(60_000);

const edgesite = (...args: string[]) =>
  run([BINARY, ...args], { env: { EDGESITE_DATA_DIR: directory } });
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-cli-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("without a site", () => {
  test("the version is printed as KubeEdge spells it", async () => {
    expect((await edgesite("version")).stdout).toMatch(
      /^edgesite v\d+\.\d+\.\d+ \(Kubernetes v1\.36\.\d+\+edgesite\./,
    );
    expect((await edgesite("--version")).stdout).toBe((await edgesite("version")).stdout);
    expect(JSON.parse((await edgesite("--version=raw")).stdout)).toHaveProperty("revision");
  });

  test("configurations are printed and valid", async () => {
    const path = join(directory, "printed.yaml");
    for (const args of [
      ["config", "min"],
      ["config", "default"],
      ["--minconfig"],
      ["--defaultconfig"],
    ]) {
      writeFileSync(path, (await edgesite(...args)).stdout);
      expect((await edgesite("config", "validate", "--config", path)).exitCode).toBe(0);
    }
  });

  test("a wrong configuration names every field and exits 64", async () => {
    const path = join(directory, "wrong.yaml");
    writeFileSync(path, "apiServer: {port: 0}\nnonsense: 1\n");
    const { exitCode, stderr } = await edgesite("start", "--config", path);
    expect(exitCode).toBe(64);
    expect(stderr).toContain("apiServer.port: 0 must be an integer from 1 to 65535");
    expect(stderr).toContain("nonsense: there is no such field");
  });

  test("status and stop say that nothing runs", async () => {
    const status = await edgesite("status");
    expect([status.exitCode, status.stderr]).toEqual([1, expect.stringContaining("No site runs")]);
    expect((await edgesite("stop")).stderr).toContain("No site runs");
  });

  test("unknown commands and flags exit 64", async () => {
    expect((await edgesite("begin")).exitCode).toBe(64);
    expect((await edgesite("start", "--nonsense")).exitCode).toBe(64);
  });

  test("a damaged and a newer database are refused with one line", async () => {
    const broken = mkdtempSync(join(tmpdir(), "edgesite-broken-"));
    mkdirSync(join(broken, "pki"));
    writeFileSync(join(broken, "pki", "secrets.key"), new Uint8Array(32));
    writeFileSync(
      join(broken, "edgesite.db"),
      "this is not a database, it only claims to be one".repeat(100),
    );
    const { exitCode, stderr } = await edgesite("start", "--data-dir", broken);
    rmSync(broken, { recursive: true });
    expect(exitCode).toBe(1);
    expect(stderr.trim().split("\n").at(-1)).toMatch(
      /Cannot open the database .*or remove the site/,
    );
  });
});

describe("with a site", () => {
  let site: SiteProcess;

  beforeAll(async () => {
    site = await SiteProcess.alone(suiteRuntime());
  });
  afterAll(() => site[Symbol.asyncDispose]());

  test("status tells all there is, and exits 0", async () => {
    const text = await site.command(["status"]);
    expect([text.exitCode, text.stdout]).toEqual([
      0,
      expect.stringContaining("module      edged running"),
    ]);
    const status = await site.status();
    expect(status.degraded).toEqual([]);
    expect(status.modules.map(({ name }) => name)).toContain("metaManager");
    expect(status.certificates.length).toBeGreaterThan(0);
    expect(status.rssBytes).toBeGreaterThan(0);
  });

  test("files are for their owner only", async () => {
    for (const name of ["kubeconfig.yaml", "edgesite.db", "edgesite.sock"]) {
      expect(statSync(join(site.dataDir, name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(site.dataDir).mode & 0o777).toBe(0o700);
  });

  test("kubeconfig prints, points elsewhere, and merges with a backup", async () => {
    const printed = (await site.command(["kubeconfig"])).stdout;
    expect(printed).toContain("server: https://127.0.0.1:6443");
    expect(printed).toContain("current-context: edgesite");
    const other = (await site.command(["kubeconfig", "--server", "192.0.2.7"])).stdout;
    expect(other).toContain("server: https://192.0.2.7:6443");
    const home = mkdtempSync(join(tmpdir(), "edgesite-home-"));
    const path = join(home, ".kube", "config");
    const mine =
      "apiVersion: v1\nkind: Config\ncurrent-context: work # mine\ncontexts:\n  - name: work\n    context: {cluster: c, user: u}\n";
    await run(["mkdir", "-p", join(home, ".kube")]);
    writeFileSync(path, mine);
    const merge = await site.command(["kubeconfig", "--merge"], {
      env: { HOME: home, KUBECONFIG: "", SUDO_USER: "" },
    });
    expect(merge.exitCode).toBe(0);
    const merged = readFileSync(path, "utf8");
    expect(merged).toContain("current-context: work # mine");
    expect(merged).toContain("name: edgesite");
    const [backup = ""] = [...new Bun.Glob("config.*").scanSync(join(home, ".kube"))];
    expect(readFileSync(join(home, ".kube", backup), "utf8")).toBe(mine);
    const { path: kubectl } = await newestKubectl();
    const nodes = [kubectl, "--kubeconfig", path, "--context", "edgesite", "get", "nodes"];
    expect(await site.network.output(nodes, { env: { HOME: home } })).toContain("Ready");
    rmSync(home, { recursive: true });
  });

  test("everything but health and version wants credentials", async () => {
    const code = (path: string) =>
      site.network.output([
        "curl",
        "-sk",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        `https://127.0.0.1:6443${path}`,
      ]);
    for (const path of ["/livez", "/readyz", "/version"]) expect(await code(path)).toBe("200");
    for (const path of ["/", "/api", "/apis", "/api/v1/pods", "/openapi/v2", "/metrics"])
      expect(await code(path)).toBe("401");
  });
});

test("stop ends a site and answers when it has ended", async () => {
  await using host = await NetworkNamespace.create();
  await using site = await SiteProcess.start({ namespace: host });
  expect((await site.command(["stop"])).exitCode).toBe(0);
  expect((await site.command(["status"])).exitCode).toBe(1);
});

test("files of the directory that it is started in mean nothing to it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "edgesite-strange-"));
  try {
    const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
    write("bunfig.toml", 'preload = ["./first.ts"]');
    write("first.ts", 'console.log("It ran something else");');
    write("package.json", "{");
    write("tsconfig.json", "{");
    write(".env", "EDGESITE_LOG_LEVEL=none");
    const { exitCode, stdout, stderr } = await run([BINARY, "version"], { cwd: directory });
    expect([exitCode, stdout, stderr]).toEqual([
      0,
      expect.stringMatching(/^edgesite v\S+ \(.*\n$/),
      "",
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
