import { createPrivateKey, createPublicKey, randomBytes, X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "#lib/atomic-file.ts";
import { errorCode, explain, UserError } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import {
  createAuthority,
  generateKey,
  isForHosts,
  isKeyOf,
  issueLeaf,
  NO_EXPIRY,
} from "#lib/x509/certificate.ts";

export interface PkiOptions {
  /** Where the files are; made with mode 0700. */
  readonly directory: string;
  /** DNS names and IP addresses by which clients reach the API. */
  readonly hosts: readonly string[];
  /**
   * What is known about the time: clock, build time, last time seen. The latest counts, as the
   * clock of a box without a battery may say 1970.
   */
  readonly times: readonly Date[];
  readonly log: Logger;
}

/** The keys of the API server; texts are PEM. */
export interface Pki {
  /** Signs what the API server shows, and what clients will show to it. */
  readonly ca: string;
  /** The authority's private key. A secret. */
  readonly caKey: string;
  readonly certificate: string;
  readonly key: string;
  /** Until when `certificate` holds. */
  readonly notAfter: Date;
  /** When two thirds of its time are over. */
  readonly renewAfter: Date;
  /** The bearer token of the one user. A secret. */
  readonly adminToken: string;
}

const LEAF_YEARS = 10;
/** A third of its life is left to renew it in. Its NotBefore says nothing: that is 1970. */
const RENEW_DAYS_BEFORE_END = (LEAF_YEARS * 365) / 3;
const DAY_MS = 24 * 60 * 60 * 1000;
const TOKEN = /^[\w-]{43}$/;
const SECRET_MODE = 0o600;

/**
 * Loads the keys of the API server, and makes what is missing: everything on the first start, the
 * server's certificate whenever it is damaged, near its end or not for these hosts. Call it again
 * to renew. A power cut at any moment leaves files that the next call completes.
 * @throws {UserError} when the authority is damaged: what it signed could not be trusted any more.
 */
export function loadPki(options: PkiOptions): Pki {
  const { directory, log } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  removeUnfinished(directory);
  const authority = loadAuthority(directory) ?? newAuthority(directory);
  const leaf = loadLeaf(authority, options) ?? newLeaf(authority, options);
  return {
    ca: authority.certificate.toString(),
    caKey: authority.key,
    certificate: leaf.certificate.toString(),
    key: leaf.key,
    notAfter: new Date(leaf.certificate.validTo),
    renewAfter: renewalOf(leaf.certificate),
    adminToken: loadToken(directory) ?? newToken(directory, log),
  };
}

/**
 * The keys of the API server anew where those that it has are no longer right for these hosts and
 * this time; else `undefined`, without a look at the disk.
 * @throws as `loadPki` does.
 */
export function renewedPki(current: Pki, options: PkiOptions): Pki | undefined {
  const certificate = new X509Certificate(current.certificate);
  const authority = new X509Certificate(current.ca);
  const now = latest(options.times);
  const why = whyReissue({ certificate, key: current.key }, authority, { ...options, now });
  return why === undefined ? undefined : loadPki(options);
}

/** The authority of a site that was started before. @throws {UserError} when there is none, or it is damaged. */
export function readAuthority(directory: string): Authority {
  const authority = existsSync(directory) ? loadAuthority(directory) : undefined;
  if (authority) return authority;
  throw new UserError(
    `There is no certificate authority in ${directory}: the site was never started. Start it with 'edgesite start'`,
  );
}

/** A certificate and its private key, PEM. */
export type Authority = Identity;

interface Identity {
  readonly certificate: X509Certificate;
  readonly key: string;
}

function loadAuthority(directory: string): Identity | undefined {
  const key = read(directory, "ca.key");
  const text = read(directory, "ca.crt");
  // On a first start it is written before anything that it signs.
  const isFirstStart = text === undefined && read(directory, "apiserver.key") === undefined;
  if (isFirstStart) return undefined;
  try {
    if (text === undefined) throw new Error("ca.crt is missing");
    if (key === undefined) throw new Error("ca.key is missing");
    const certificate = new X509Certificate(text);
    if (!certificate.ca) throw new Error("ca.crt is not an authority's certificate");
    if (!isKeyOf(key, certificate)) throw new Error("ca.key is not the key of ca.crt");
    return { certificate, key };
  } catch (cause) {
    throw new UserError(
      `Cannot use the certificate authority in ${directory}: ${explain(cause)}. Restore ca.crt and ca.key from a backup, or remove that directory: a new authority is made then, and every kubeconfig must be fetched anew`,
      { cause },
    );
  }
}

function newAuthority(directory: string): Identity {
  const key = generateKey();
  const certificate = createAuthority({
    subject: { commonName: `edgesite-ca-${randomBytes(4).toString("hex")}` },
    privateKey: createPrivateKey(key),
    validity: { notBefore: new Date(0), notAfter: NO_EXPIRY },
  });
  write(directory, "ca.key", key);
  write(directory, "ca.crt", certificate);
  return { certificate: new X509Certificate(certificate), key };
}

function loadLeaf(
  authority: Identity,
  { directory, hosts, times, log }: PkiOptions,
): Identity | undefined {
  const key = read(directory, "apiserver.key");
  const text = read(directory, "apiserver.crt");
  if (key === undefined || text === undefined) return undefined;
  try {
    const certificate = new X509Certificate(text);
    const now = latest(times);
    const why = whyReissue({ certificate, key }, authority.certificate, { hosts, now });
    if (why === undefined) return { certificate, key };
    log.info("The API server's certificate is made anew.", { why });
  } catch (error) {
    log.warn("The API server's certificate is damaged and is made anew.", { error });
  }
  return undefined;
}

function whyReissue(
  { certificate, key }: Identity,
  authority: X509Certificate,
  { hosts, now }: { hosts: readonly string[]; now: Date },
): string | undefined {
  if (!certificate.verify(authority.publicKey)) return "another authority signed it";
  if (!isKeyOf(key, certificate)) return "it has another key";
  if (!isForHosts(certificate, hosts)) return "this machine has other names or addresses";
  return now >= renewalOf(certificate) ? "two thirds of its time are over" : undefined;
}

function renewalOf({ validTo }: X509Certificate): Date {
  return new Date(Date.parse(validTo) - RENEW_DAYS_BEFORE_END * DAY_MS);
}

function newLeaf(authority: Identity, { directory, hosts, times }: PkiOptions): Identity {
  const key = generateKey();
  const certificate = issueLeaf({
    subject: { commonName: "edgesite-apiserver" },
    publicKey: createPublicKey(key),
    issuer: { certificate: authority.certificate, privateKey: createPrivateKey(authority.key) },
    validity: { notBefore: new Date(0), notAfter: inYears(latest(times), LEAF_YEARS) },
    usages: ["server"],
    hosts,
  });
  write(directory, "apiserver.key", key);
  write(directory, "apiserver.crt", certificate);
  return { certificate: new X509Certificate(certificate), key };
}

function loadToken(directory: string): string | undefined {
  const token = read(directory, "admin.token")?.trim();
  return token !== undefined && TOKEN.test(token) ? token : undefined;
}

/** 256 random bits. */
function newToken(directory: string, log: Logger): string {
  if (read(directory, "admin.token") !== undefined) {
    log.warn(
      "The administrator's token is damaged and is made anew, kubeconfigs with the old one end.",
    );
  }
  const token = randomBytes(32).toString("base64url");
  write(directory, "admin.token", `${token}\n`);
  return token;
}

function latest(times: readonly Date[]): Date {
  return new Date(Math.max(0, ...times.map(Number)));
}

function inYears(from: Date, years: number): Date {
  const date = new Date(from);
  date.setUTCFullYear(date.getUTCFullYear() + years);
  return date;
}

/** What a power cut left of a write. */
function removeUnfinished(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.endsWith(".tmp")) rmSync(join(directory, name), { force: true });
  }
}

function read(directory: string, name: string): string | undefined {
  try {
    const path = join(directory, name);
    const text = readFileSync(path, "utf8");
    chmodSync(path, SECRET_MODE);
    return text;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new UserError(
      `Cannot read ${join(directory, name)}: ${explain(error)}. Restore it from a backup`,
      { cause: error },
    );
  }
}

function write(directory: string, name: string, text: string): void {
  writeFileAtomically(join(directory, name), { text, mode: SECRET_MODE });
}
