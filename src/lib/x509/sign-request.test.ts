import { afterAll, beforeAll, expect, test } from "bun:test";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { createAuthority, generateKey, signRequest } from "./certificate.ts";
import { readCertificateRequest } from "./certificate-request.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-csr-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function openssl(...args: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["openssl", ...args], { cwd: directory });
  if (exitCode !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr.toString()}`);
  return stdout.toString();
}

/** A request made by openssl. */
function request(key: readonly string[], ...more: string[]): string {
  openssl("req", "-new", "-nodes", "-keyout", "key", "-out", "csr", ...key, ...more);
  return readFileSync(join(directory, "csr"), "utf8");
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const KEYS = {
  "P-256": EC,
  "P-384, SHA-384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"],
  RSA: ["-newkey", "rsa:2048"],
  "RSA, SHA-512": ["-newkey", "rsa:2048", "-sha512"],
  Ed25519: ["-newkey", "ed25519"],
};
const NAMES =
  "subjectAltName=DNS:a.example,DNS:*.b.example,IP:192.0.2.7,IP:2001:db8::1,email:x@example,URI:spiffe://x/y";

test.each(Object.entries(KEYS))("a request of openssl is read: %s", (_, key) => {
  const read = readCertificateRequest(
    request(key, "-subj", "/O=admins/O=öffentlich/CN=jane", "-utf8", "-addext", NAMES),
  );
  expect(read.commonName).toBe("jane");
  expect(read.organizations).toEqual(["admins", "öffentlich"]);
  expect(read.names.dns).toEqual(["a.example", "*.b.example"]);
  expect(read.names.email).toEqual(["x@example"]);
  expect(read.names.uri).toEqual(["spiffe://x/y"]);
  expect(read.names.ip.map((ip) => ip.length)).toEqual([4, 16]);
});

test.each(Object.entries(KEYS))("what is signed is a certificate to openssl: %s", (_, key) => {
  const read = readCertificateRequest(
    request(key, "-subj", "/O=system:nodes/CN=system:node:a", "-addext", NAMES),
  );
  const caKey = createPrivateKey(generateKey());
  const validity = { notBefore: new Date(0), notAfter: new Date("2060-01-01T00:00:00Z") };
  const ca = createAuthority({ subject: { commonName: "ca" }, privateKey: caKey, validity });
  const certificate = signRequest({
    request: read,
    issuer: { certificate: new X509Certificate(ca), privateKey: caKey },
    validity,
    usages: ["digital signature", "key encipherment", "client auth"],
  });
  Bun.spawnSync(["sh", "-c", 'printf %s "$CA" > ca; printf %s "$LEAF" > leaf'], {
    cwd: directory,
    env: { ...process.env, CA: ca, LEAF: certificate },
  });
  expect(openssl("verify", "-CAfile", "ca", "-purpose", "sslclient", "leaf")).toBe("leaf: OK\n");
  const text = openssl("x509", "-in", "leaf", "-noout", "-text");
  expect(text).toContain("O = system:nodes, CN = system:node:a");
  expect(text).toContain("Digital Signature, Key Encipherment\n");
  expect(text).toContain("TLS Web Client Authentication\n");
  expect(text).not.toContain("TLS Web Server Authentication");
  expect(text).toContain("DNS:a.example, DNS:*.b.example, email:x@example, IP Address:192.0.2.7");
  expect(
    new X509Certificate(certificate).checkPrivateKey(
      createPrivateKey(readFileSync(join(directory, "key"))),
    ),
  ).toBe(true);
});

test("a request without names has none", () => {
  const { names, organizations } = readCertificateRequest(request(EC, "-subj", "/CN=x"));
  expect(names).toEqual({ dns: [], email: [], uri: [], ip: [] });
  expect(organizations).toEqual([]);
});

test("a request that was changed, or is none, is refused", () => {
  const good = request(EC, "-subj", "/CN=x");
  const [head = "", ...rest] = good.trim().split("\n");
  const foot = rest.pop() ?? "";
  const der = Buffer.from(rest.join(""), "base64");
  const pemOf = (bytes: Uint8Array) =>
    `${head}\n${Buffer.from(bytes).toString("base64")}\n${foot}\n`;
  expect(readCertificateRequest(pemOf(der)).commonName).toBe("x");
  // No bit of it may be another, and none may be missing.
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Buffer.from(der);
      changed[at] = (changed[at] ?? 0) ^ flip;
      expect(() => readCertificateRequest(pemOf(changed))).toThrow(Error);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.nat(der.length - 1), (end) => {
      expect(() => readCertificateRequest(pemOf(der.subarray(0, end)))).toThrow(Error);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      expect(() => readCertificateRequest(pemOf(noise))).toThrow(Error);
    }),
  );
});
