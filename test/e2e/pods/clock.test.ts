import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "#test/kit/eventually.ts";
import { applyHello, clusterIP, pods, readyPods } from "#test/kit/hello.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { output } from "#test/kit/process.ts";
import { SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

const TEST_MS = 120_000;

/** Debian's libfaketime: stands between a program and the wall clock, not the monotonic one. */
async function fakeClock(text: string) {
  const directory = mkdtempSync(join(tmpdir(), "edgesite-clock-"));
  const file = join(directory, "time");
  const set = (time: string): void => writeFileSync(file, `${time}\n`);
  set(text);
  const library = (await output(["dpkg", "-L", "libfaketime"]))
    .split("\n")
    .find((path) => path.endsWith("/libfaketimeMT.so.1"));
  const env = {
    LD_PRELOAD: library ?? "libfaketime is not installed",
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    TZ: "UTC",
  };
  return { set, env, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

test(
  "a box whose clock says 1970 serves, and the step to the right time evicts and restarts nothing",
  async () => {
    using clock = await fakeClock("@1970-01-01 00:00:10");
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({
      namespace: host,
      runtime: suiteRuntime(),
      env: clock.env,
    });
    await site.nodeReady();
    await applyHello(site);
    const created = await pods(site, ".metadata.creationTimestamp");
    expect(created.every((time) => time.startsWith("1970-01-01T00:0"))).toBe(true);
    const containers = () => pods(site, ".status.containerStatuses[0].containerID");
    const before = (await containers()).toSorted();

    clock.set("+0");
    await site.output(["-n", "hello", "label", "deployment", "web", "seen=now"]);
    await eventually(
      async () => {
        const renewed = "jsonpath={.items[0].spec.renewTime}";
        const lease = ["-n", "kube-node-lease", "get", "leases", "-o", renewed];
        return !(await site.output(lease)).startsWith("1970");
      },
      { what: "A lease of today" },
    );
    await site.nodeReady();
    expect((await readyPods(site, 3)).length).toBe(3);
    expect((await containers()).toSorted()).toEqual(before);
    expect(await pods(site, ".status.containerStatuses[0].restartCount")).toEqual(["0", "0", "0"]);
    const address = await clusterIP(site, "web");
    expect(await host.output(["curl", "-sS", "--max-time", "3", `http://${address}/`])).toBe(
      "Hello from the edge\n",
    );
    const taints = "jsonpath={.items[0].spec.taints}";
    expect(await site.output(["get", "nodes", "-o", taints])).toBe("");
  },
  TEST_MS,
);

/** The certificate that clients are shown now, as openssl reads it. */
async function shownCertificate(host: NetworkNamespace): Promise<string> {
  const connect = ["openssl", "s_client", "-connect", "127.0.0.1:6443"];
  const { stdout } = await host.run(connect, { stdin: "" });
  return await output(["openssl", "x509", "-noout", "-text"], { stdin: stdout });
}

const notAfterYear = (text: string): number =>
  Number(/Not After *: .* (\d{4}) GMT/.exec(text)?.[1]);

test(
  "certificates hold in 1970 and for years, and are renewed while the site runs and at its start",
  async () => {
    using clock = await fakeClock("@1970-01-01 00:00:10");
    await using host = await NetworkNamespace.create();
    const args = ["--tls-san", "box.example", "--tls-san", "192.0.2.7"];
    await using site = await SiteProcess.start({ namespace: host, env: clock.env, args });
    const works = async () => (await site.output(["get", "--raw", "/readyz"])) === "ok";
    const first = await shownCertificate(host);
    const year = new Date().getUTCFullYear();
    expect(first).toContain("Not Before: Jan  1 00:00:00 1970 GMT");
    // From the time of the build, which is later than the clock says.
    expect([year + 9, year + 10, year + 11]).toContain(notAfterYear(first));
    expect(first).toContain("DNS:box.example");
    expect(first).toContain("IP Address:192.0.2.7");

    clock.set("+400d");
    expect(await works()).toBe(true);
    expect(await shownCertificate(host)).toBe(first);

    clock.set("+11y");
    const renewed = await eventually(
      async () => {
        const shown = await shownCertificate(host);
        return shown !== first && shown;
      },
      { what: "A new certificate", withinMs: 60_000 },
    );
    expect(notAfterYear(renewed)).toBeGreaterThanOrEqual(year + 20);
    expect(await works()).toBe(true);
    expect((await site.status()).certificates[0]?.notAfter).toStartWith(
      String(notAfterYear(renewed)),
    );

    // A box that was in a drawer: its leaf ended before it was started again.
    await site.stop();
    clock.set("+33y");
    site.launch();
    await site.ready();
    expect(notAfterYear(await shownCertificate(host))).toBeGreaterThanOrEqual(year + 42);

    // Another address: a certificate that has it, without a start.
    await host.output(["ip", "link", "add", "other", "type", "veth", "peer", "name", "end"]);
    for (const link of ["other", "end"]) await host.output(["ip", "link", "set", link, "up"]);
    await host.output(["ip", "address", "add", "198.51.100.9/24", "dev", "other"]);
    await eventually(
      async () => (await shownCertificate(host)).includes("IP Address:198.51.100.9"),
      { what: "A certificate for the new address", withinMs: 60_000 },
    );
    expect(await works()).toBe(true);
  },
  4 * TEST_MS,
);
