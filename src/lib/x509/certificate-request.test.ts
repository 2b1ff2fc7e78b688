import { describe, expect, test } from "bun:test";
import { readCertificateRequest } from "./certificate-request.ts";

/** Made by OpenSSL 3: `openssl req -new … -subj "/CN=jane/O=dev"`. */
const ECDSA = `-----BEGIN CERTIFICATE REQUEST-----
MIHWMH8CAQAwHTENMAsGA1UEAwwEamFuZTEMMAoGA1UECgwDZGV2MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAERdBVJ+El2raaezQRtL8oCHW8n2mZlh41j6cNs4tl
ahE+LWkgtIbDBzGx8QoqYxltEF0XkLx0rBRL0DZzH0xrPaAAMAoGCCqGSM49BAMC
A0cAMEQCIGKuEPXjMsxLEjapW3Cx2bY3tyBVwQKtlOEirItRtsRvAiAhp09mmZr3
h1kAdA0QaIJG1VNJur1pe81bG4L/HLTOow==
-----END CERTIFICATE REQUEST-----
`;
const ED25519 = `-----BEGIN CERTIFICATE REQUEST-----
MIGOMEICAQAwDzENMAsGA1UEAwwEamFuZTAqMAUGAytlcAMhABqXXny54Mvbpv6O
8Nd+SfXIVHnpfJXvchMGkW8b4Ox5oAAwBQYDK2VwA0EAqjhvEGsXJGak2q9WlLAj
c1wv9Gu4IWLDx5xz1yS2qug+wDBFUOHQoslnQM2rlo4qBLmIH07f5S6IU0eWCKEV
DQ==
-----END CERTIFICATE REQUEST-----
`;

const derOf = (pem: string) => Buffer.from(pem.replaceAll(/-----.*-----|\n/g, ""), "base64");
const pemOf = (der: Uint8Array) =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;

describe("a certificate request", () => {
  test.each([
    ["ECDSA", ECDSA, "ec"],
    ["Ed25519", ED25519, "ed25519"],
  ])("with a key of %s is read", (_, pem, type) => {
    const { publicKey, subject } = readCertificateRequest(pem);
    expect(publicKey.asymmetricKeyType as string).toBe(type);
    expect(Buffer.from(subject).toString("latin1")).toContain("jane");
  });

  test("of another sort is none", () => {
    const certificate = ECDSA.replaceAll("CERTIFICATE REQUEST", "CERTIFICATE");
    expect(() => readCertificateRequest(certificate)).toThrow(
      "PEM block type must be CERTIFICATE REQUEST",
    );
    expect(() => readCertificateRequest("")).toThrow("PEM block type must be CERTIFICATE REQUEST");
  });

  test("that was changed after it was signed is refused", () => {
    const der = derOf(ECDSA);
    der.write("june", der.indexOf("jane"));
    expect(() => readCertificateRequest(pemOf(der))).toThrow("signature");
  });

  test("that is cut off or damaged anywhere is refused, whatever it says of its length", () => {
    const der = derOf(ED25519);
    for (let end = 0; end < der.length; end++) {
      expect(() => readCertificateRequest(pemOf(der.subarray(0, end)))).toThrow();
    }
    for (let at = 0; at < der.length; at++) {
      const damaged = Buffer.from(der);
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      expect(() => readCertificateRequest(pemOf(damaged))).toThrow();
    }
  });
});
