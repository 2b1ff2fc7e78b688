import { expect, test } from "bun:test";
import { applyHello, clusterIP } from "#test/kit/hello.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { run } from "#test/kit/process.ts";
import { BINARY, SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

const TEST_MS = 120_000;
const FIRST_ADDRESS = /^inet (\S+)/gm;

test(
  "two instances run side by side and do not see each other",
  async () => {
    await using host = await NetworkNamespace.create();
    const runtime = suiteRuntime();
    await using one = await SiteProcess.start({ namespace: host, runtime });
    await one.nodeReady();
    await applyHello(one);
    await using two = await SiteProcess.start({
      namespace: host,
      runtime,
      args: ["--port", "7443", "--node-name", "second"],
    });
    await two.nodeReady();
    await applyHello(two);
    for (const site of [one, two]) {
      const address = await clusterIP(site, "web");
      expect(await host.output(["curl", "-sS", "--max-time", "3", `http://${address}/`])).toBe(
        "Hello from the edge\n",
      );
    }
    const addresses = (await host.output(["ip", "-4", "address"])).match(FIRST_ADDRESS) ?? [];
    expect(new Set(addresses).size).toBe(addresses.length);
    await two.stop();
    await two.command(["reset", "--yes"]);
    const address = await clusterIP(one, "web");
    expect(await host.output(["curl", "-sS", "--max-time", "3", `http://${address}/`])).toBe(
      "Hello from the edge\n",
    );
  },
  TEST_MS,
);

test(
  "a second instance on the same data directory is refused with one line",
  async () => {
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({ namespace: host, runtime: suiteRuntime() });
    const args = ["start", "--data-dir", site.dataDir, "--port", "7443"];
    const second = await run(host.command([BINARY, ...args]));
    expect(second.exitCode).toBe(1);
    expect(second.stderr.trim().split("\n").at(-1)).toContain(
      "another edgesite runs on this data directory",
    );
    expect(await site.output(["get", "--raw", "/readyz"])).toBe("ok");
  },
  TEST_MS,
);

test(
  "a port in use is refused with one line, nothing is left half-started",
  async () => {
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({ namespace: host, runtime: suiteRuntime() });
    const directory = `${site.dataDir}-other`;
    const second = await run(host.command([BINARY, "start", "--data-dir", directory]), {
      env: site.env,
    });
    await run(["rm", "-rf", directory]);
    expect(second.exitCode).toBe(1);
    expect(second.stderr.trim().split("\n").at(-1)).toMatch(/Cannot listen on .*:6443/);
  },
  TEST_MS,
);
