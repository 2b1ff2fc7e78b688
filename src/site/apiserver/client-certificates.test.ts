import { afterEach, beforeEach, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "#lib/errors.ts";
import { silentLogger } from "#lib/log.ts";
import { ClientCertificates } from "./client-certificates.ts";
import { loadPki, readAuthority } from "./pki.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = new Date("2026-03-01T12:00:00Z");
const later = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "edgesite-clients-"));
  loadPki({ directory: root, hosts: ["localhost"], times: [NOW], log: silentLogger });
});
afterEach(() => rmSync(root, { recursive: true }));

const make = (user: string, groups: readonly string[] = []) =>
  new ClientCertificates(root).create(readAuthority(root), {
    user,
    groups,
    validMs: 30 * DAY_MS,
    now: NOW,
  });
const shown = ({ certificate }: { readonly certificate: string }) => {
  const { fingerprint256: fingerprint, subject } = new X509Certificate(certificate);
  return { fingerprint, user: /^CN=(.*)$/m.exec(subject)?.[1] ?? "" };
};

test("a certificate says who it is for, holds its time, and is listed", () => {
  const { certificate } = make("jane", ["devs", "ops"]);
  const leaf = new X509Certificate(certificate);
  expect(leaf.subject).toBe("O=devs\nO=ops\nCN=jane");
  expect(leaf.verify(readAuthority(root).certificate.publicKey)).toBe(true);
  expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  expect(new Date(leaf.validTo)).toEqual(later(30));
  const clients = new ClientCertificates(root);
  expect(clients.list()).toEqual([
    {
      user: "jane",
      groups: ["devs", "ops"],
      createdAt: NOW.toISOString(),
      notAfter: later(30).toISOString(),
    },
  ]);
  expect(clients.isRevoked(shown({ certificate }))).toBe(false);
  for (const name of readdirSync(join(root, "clients"))) {
    expect(statSync(join(root, "clients", name)).mode & 0o777).toBe(0o600);
  }
});

test("a revocation reaches those who look again, and those who start", () => {
  const [jane, again, john] = [make("jane"), make("jane"), make("john")];
  const site = new ClientCertificates(root);
  expect(new ClientCertificates(root).revoke("jane", NOW)).toBe(2);
  expect(site.isRevoked(shown(jane))).toBe(false);
  site.reload();
  for (const clients of [site, new ClientCertificates(root)]) {
    expect(clients.isRevoked(shown(jane))).toBe(true);
    expect(clients.isRevoked(shown(again))).toBe(true);
    expect(clients.isRevoked(shown(john))).toBe(false);
  }
  expect(site.revoke("jane", NOW)).toBe(0);
  expect(site.isRevoked(shown(make("jane")))).toBe(false);
});

test("a revoked user's certificates that nobody knows of are over too, those of later are not", () => {
  const [old, other] = [make("jane"), make("john")];
  rmSync(join(root, "clients"), { recursive: true });
  const site = new ClientCertificates(root);
  expect(site.isRevoked(shown(old))).toBe(false);
  expect(site.revoke("jane", NOW)).toBe(0);
  for (const clients of [site, new ClientCertificates(root)]) {
    expect(clients.isRevoked(shown(old))).toBe(true);
    expect(clients.isRevoked(shown(other))).toBe(false);
    // Made by another process meanwhile.
    expect(clients.isRevoked(shown(make("jane")))).toBe(false);
  }
});

test("a file that is damaged lets nobody in", () => {
  const jane = make("jane");
  const [name = ""] = readdirSync(join(root, "clients"));
  writeFileSync(join(root, "clients", name), "{");
  const clients = new ClientCertificates(root);
  expect(clients.isRevoked(shown(jane))).toBe(true);
  expect(clients.list()).toMatchObject([{ user: "<damaged>" }]);
});

test("what is over is forgotten, and no sooner", () => {
  make("jane");
  const clients = new ClientCertificates(root);
  clients.revoke("jane", NOW);
  clients.prune(later(29));
  expect(clients.list()).toHaveLength(1);
  clients.prune(later(31));
  expect(clients.list()).toEqual([]);
});

test("who asks for certificates again and again leaves no more files than he has certificates", () => {
  const clients = new ClientCertificates(root);
  const authority = readAuthority(root);
  for (let day = 0; day < 150; day += 1) {
    const wish = { user: "robot", groups: [], validMs: DAY_MS, now: later(day) };
    clients.create(authority, wish);
  }
  expect(clients.list().length).toBeLessThanOrEqual(100);
  expect(clients.list().at(-1)?.createdAt).toBe(later(149).toISOString());
});

test("names that no certificate can have are refused", () => {
  expect(() => make("")).toThrow(UserError);
  expect(() => make("jane", ["x".repeat(65)])).toThrow("a name has 1 to 64 bytes");
  rmSync(root, { recursive: true });
  expect(() => make("jane")).toThrow("the site was never started");
  loadPki({ directory: root, hosts: ["localhost"], times: [NOW], log: silentLogger });
});
