import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "#lib/errors.ts";
import { silentLogger } from "#lib/log.ts";
import { generateKey } from "#lib/x509/certificate.ts";
import { loadPki, type Pki, renewedPki } from "./pki.ts";

const HOSTS = ["localhost", "127.0.0.1", "kubernetes.default.svc"];
const NOW = new Date("2026-03-01T12:00:00Z");

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pki-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const file = (name: string): string => join(root, "pki", name);
const load = (hosts: readonly string[] = HOSTS, times: readonly Date[] = [NOW]): Pki =>
  loadPki({ directory: join(root, "pki"), hosts, times, log: silentLogger });

const renewed = (current: Pki, hosts: readonly string[], times: readonly Date[]) =>
  renewedPki(current, { directory: join(root, "pki"), hosts, times, log: silentLogger });

describe("the keys of the API server", () => {
  test("are made once, for nobody else to read", () => {
    const first = load();
    expect(load()).toEqual(first);
    expect(readdirSync(join(root, "pki")).sort()).toEqual([
      "admin.token",
      "apiserver.crt",
      "apiserver.key",
      "ca.crt",
      "ca.key",
    ]);
    for (const name of readdirSync(join(root, "pki")))
      expect(statSync(file(name)).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, "pki")).mode & 0o777).toBe(0o700);
    expect(Buffer.from(first.adminToken, "base64url").length).toBe(32);
  });

  test("that cannot be read are named with their file", () => {
    load();
    for (const name of ["apiserver.crt", "admin.token"]) {
      rmSync(file(name));
      mkdirSync(file(name));
      expect(load).toThrow(`Cannot read ${file(name)}`);
      rmSync(file(name), { recursive: true });
    }
  });

  test("hold from 1970, the authority for ever and the server for ten years", () => {
    const { ca, certificate } = load();
    expect(new Date(new X509Certificate(ca).validTo)).toEqual(new Date("9999-12-31T23:59:59Z"));
    const leaf = new X509Certificate(certificate);
    expect(new Date(leaf.validFrom)).toEqual(new Date(0));
    expect(new Date(leaf.validTo)).toEqual(new Date("2036-03-01T12:00:00Z"));
    expect(leaf.checkHost("localhost")).toBe("localhost");
    expect(leaf.checkIP("127.0.0.1")).toBe("127.0.0.1");
  });

  test("count time from the latest that is known, not from a clock that says 1970", () => {
    expect(load(HOSTS, [new Date(0), NOW]).notAfter).toEqual(new Date("2036-03-01T12:00:00Z"));
  });

  test("get a new server certificate when hosts change or its end is near", () => {
    const first = load();
    const moved = load([...HOSTS, "192.168.1.7"]);
    expect(moved.certificate).not.toBe(first.certificate);
    expect(moved.ca).toBe(first.ca);
    expect(moved.adminToken).toBe(first.adminToken);
  });

  test("keep their server certificate while addresses are away, as at every boot", () => {
    const first = load([...HOSTS, "192.168.1.7"]);
    expect(load(HOSTS)).toEqual(first);
    expect(load([...HOSTS, "192.168.1.7"])).toEqual(first);
  });

  test("get a new server certificate at two thirds of its time, and not before", () => {
    const first = load();
    const inDays = (days: number) => [new Date(NOW.getTime() + days * 24 * 60 * 60 * 1000)];
    for (const days of [0, 400, 2430]) {
      expect(load(HOSTS, inDays(days))).toEqual(first);
      expect(renewed(first, HOSTS, inDays(days))).toBeUndefined();
    }
    for (const days of [2440, 4880, 4880 + 11 * 365]) {
      const next = renewed(load(), HOSTS, inDays(days));
      expect(next?.ca).toBe(first.ca);
      expect(next?.certificate).not.toBe(first.certificate);
      expect(next?.notAfter.getUTCFullYear()).toBe(inDays(days + 3650)[0]?.getUTCFullYear() ?? 0);
    }
    const moved = renewed(load(HOSTS, inDays(8895)), ["moved"], inDays(8895));
    expect(new X509Certificate(moved?.certificate ?? "").checkHost("moved")).toBe("moved");
  });

  test("heal a server certificate or key that is damaged, missing or of another", () => {
    const first = load();
    for (const name of ["apiserver.crt", "apiserver.key"]) {
      const damages = [
        () => rmSync(file(name)),
        () => writeFileSync(file(name), ""),
        () => writeFileSync(file(name), generateKey()),
      ];
      for (const damage of damages) {
        damage();
        const healed = load();
        expect(healed.ca).toBe(first.ca);
        expect(
          new X509Certificate(healed.certificate).verify(new X509Certificate(first.ca).publicKey),
        ).toBe(true);
        expect(load()).toEqual(healed);
      }
    }
  });

  test("are refused with one clear line when the authority is damaged", () => {
    load();
    const good = {
      crt: readFileSync(file("ca.crt"), "utf8"),
      key: readFileSync(file("ca.key"), "utf8"),
    };
    const damages = [
      () => writeFileSync(file("ca.crt"), "nothing"),
      () => writeFileSync(file("ca.crt"), readFileSync(file("apiserver.crt"))),
      () => writeFileSync(file("ca.key"), generateKey()),
      () => writeFileSync(file("ca.key"), ""),
      () => rmSync(file("ca.key")),
      () => rmSync(file("ca.crt")),
    ];
    for (const damage of damages) {
      damage();
      expect(load).toThrow(UserError);
      expect(load).toThrow(`Cannot use the certificate authority in ${join(root, "pki")}: `);
      writeFileSync(file("ca.crt"), good.crt);
      writeFileSync(file("ca.key"), good.key);
    }
    load();
  });

  test("are completed after a power cut at any step of the first start", () => {
    load();
    const lastFirst = ["admin.token", "apiserver.crt", "apiserver.key", "ca.crt", "ca.key"];
    for (const [index, name] of lastFirst.entries()) {
      for (const unwritten of lastFirst.slice(0, index + 1)) rmSync(file(unwritten));
      writeFileSync(`${file(name)}.x.tmp`, "half");
      const healed = load();
      expect(load()).toEqual(healed);
      expect(readdirSync(join(root, "pki")).length).toBe(5);
    }
  });

  test("get a new token when it is damaged", () => {
    const first = load();
    writeFileSync(file("admin.token"), "short");
    expect(load().adminToken).not.toBe(first.adminToken);
  });
});
