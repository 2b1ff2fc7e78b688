import { afterAll, describe, expect, test } from "bun:test";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createAuthority,
  generateKey,
  isForHosts,
  isKeyOf,
  issueLeaf,
  NO_EXPIRY,
} from "./certificate.ts";

const scratch = mkdtempSync(join(tmpdir(), "x509-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const HOSTS = ["localhost", "edge.example", "127.0.0.1", "::1", "fd00::10.0.0.1"];
const validity = { notBefore: new Date(0), notAfter: NO_EXPIRY };
const caKey = createPrivateKey(generateKey());
const ca = createAuthority({ subject: { commonName: "a CA" }, privateKey: caKey, validity });
const leafKey = generateKey();
const leaf = issueLeaf({
  subject: { commonName: "a server", organizations: ["an organization"] },
  publicKey: createPublicKey(leafKey),
  issuer: { certificate: new X509Certificate(ca), privateKey: caKey },
  validity: { notBefore: new Date(0), notAfter: new Date("2049-12-31T23:59:59Z") },
  usages: ["server", "client"],
  hosts: HOSTS,
});

describe("certificates", () => {
  test("name their subject, issuer, hosts and times", () => {
    const certificate = new X509Certificate(leaf);
    expect(certificate.subject).toBe("O=an organization\nCN=a server");
    expect(certificate.issuer).toBe("CN=a CA");
    expect(certificate.subjectAltName).toBe(
      "IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:edge.example, " +
        "IP Address:FD00:0:0:0:0:0:A00:1, DNS:localhost",
    );
    expect(new Date(certificate.validFrom)).toEqual(new Date(0));
    expect(new Date(certificate.validTo)).toEqual(new Date("2049-12-31T23:59:59Z"));
    expect(new Date(new X509Certificate(ca).validTo)).toEqual(NO_EXPIRY);
    expect(new X509Certificate(ca).ca).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  test("are signed by their issuer", () => {
    const authority = new X509Certificate(ca);
    const certificate = new X509Certificate(leaf);
    expect(certificate.checkIssued(authority)).toBe(true);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
  });

  test("tell whether a key is theirs and which hosts they are for", () => {
    const certificate = new X509Certificate(leaf);
    expect(isKeyOf(leafKey, certificate)).toBe(true);
    expect(isKeyOf(generateKey(), certificate)).toBe(false);
    expect(isForHosts(certificate, HOSTS.toReversed())).toBe(true);
    expect(isForHosts(certificate, HOSTS.slice(1))).toBe(true);
    for (const other of ["other.example", "10.9.9.9", "fd00::99"]) {
      expect(isForHosts(certificate, [...HOSTS, other])).toBe(false);
    }
  });

  test("have serial numbers that differ", () => {
    const again = createAuthority({ subject: { commonName: "a CA" }, privateKey: caKey, validity });
    expect(new X509Certificate(again).serialNumber).not.toBe(new X509Certificate(ca).serialNumber);
  });

  test.if(Bun.which("openssl") !== null)("satisfy openssl at its strictest", () => {
    writeFileSync(join(scratch, "ca.crt"), ca);
    writeFileSync(join(scratch, "leaf.crt"), leaf);
    for (const purpose of ["sslserver", "sslclient"]) {
      const { stdout, stderr } = Bun.spawnSync([
        ...["openssl", "verify", "-x509_strict", "-purpose", purpose, "-verify_ip", "127.0.0.1"],
        ...["-CAfile", join(scratch, "ca.crt"), join(scratch, "leaf.crt")],
      ]);
      expect(`${stdout}${stderr}`).toEndWith("leaf.crt: OK\n");
    }
  });
});
