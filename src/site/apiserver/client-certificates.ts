import { createHash, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "#lib/atomic-file.ts";
import { UserError } from "#lib/errors.ts";
import { generateKey, issueLeaf } from "#lib/x509/certificate.ts";
import { subjectNames } from "#lib/x509/read-certificate.ts";
import type { Authority } from "./pki.ts";

/** A client certificate that was issued here, as its file says. */
interface ClientRecord {
  readonly user: string;
  readonly groups: readonly string[];
  /** RFC 3339 */
  readonly createdAt: string;
  /** RFC 3339 */
  readonly notAfter: string;
  /** RFC 3339; absent while it holds. */
  readonly revokedAt?: string;
}

/** A client's certificate, by its SHA-256 in hex, with colons or without. */
export interface ClientCertificate {
  readonly fingerprint: string;
  /** Its common name. */
  readonly user: string;
}

interface ClientWish {
  readonly user: string;
  readonly groups: readonly string[];
  readonly validMs: number;
  /** The latest time that is known. */
  readonly now: Date;
}

/** A certificate and its key, PEM. The key is kept nowhere. */
interface ClientIdentity {
  readonly certificate: string;
  readonly key: string;
}

const PRIVATE = 0o600;
const SUFFIX = ".json";
const USER_SUFFIX = ".user";
/** Records that are no burden, whether or not they are over. */
const LEAST_RECORDS = 100;
/** RFC 5280 `ub-common-name`, `ub-organization-name`. */
const MAX_NAME = 64;

/**
 * The client certificates that were issued here: one file each in `clients/`, so that two who issue
 * or revoke at once undo nothing of each other. A revoked one is remembered until its time is over,
 * and a user who was revoked for ever: what he shows and nobody here knows of is from before that.
 */
export class ClientCertificates {
  readonly #directory: string;
  #revoked: ReadonlySet<string>;
  #revokedUsers: ReadonlySet<string>;
  /** How many more are recorded before those that are over are forgotten again. */
  #untilPrune = LEAST_RECORDS;

  /** `pki` is the directory of the authority. */
  constructor(pki: string) {
    this.#directory = join(pki, "clients");
    this.#revoked = this.#readRevoked();
    this.#revokedUsers = this.#readRevokedUsers();
  }

  /** Whether a certificate was revoked, as of the last `reload`. */
  isRevoked({ fingerprint, user }: ClientCertificate): boolean {
    if (this.#revoked.size > 0 && this.#revoked.has(plainHex(fingerprint))) return true;
    if (!this.#revokedUsers.has(digestOf(user))) return false;
    return !existsSync(this.#pathOf(plainHex(fingerprint)));
  }

  /** Takes in what other processes have revoked. */
  reload(): void {
    this.#revoked = this.#readRevoked();
    this.#revokedUsers = this.#readRevokedUsers();
  }

  /** @throws {UserError} for names that no certificate can have. */
  create(authority: Authority, { user, groups, validMs, now }: ClientWish): ClientIdentity {
    for (const name of [user, ...groups]) checkName(name);
    const key = generateKey();
    const notAfter = new Date(now.getTime() + validMs);
    const certificate = issueLeaf({
      subject: { commonName: user, organizations: groups },
      publicKey: createPublicKey(createPrivateKey(key)),
      issuer: {
        certificate: authority.certificate,
        privateKey: createPrivateKey(authority.key),
      },
      validity: { notBefore: new Date(0), notAfter },
      usages: ["client"],
    });
    this.record(certificate, now);
    return { certificate, key };
  }

  /** Remembers a client's certificate (PEM) that was issued now, before it is given away. */
  record(certificate: string, now: Date): void {
    const read = new X509Certificate(certificate);
    const { commonName: user, organizations: groups } = subjectNames(read);
    const notAfter = new Date(read.validTo).toISOString();
    const record = { user, groups, createdAt: now.toISOString(), notAfter };
    this.#write(`${plainHex(read.fingerprint256)}${SUFFIX}`, record);
    this.#untilPrune -= 1;
    if (this.#untilPrune <= 0) this.prune(now);
  }

  /** All that were issued, by user and time. */
  list(): readonly ClientRecord[] {
    const order = (a: ClientRecord, b: ClientRecord): number =>
      a.user.localeCompare(b.user) || a.createdAt.localeCompare(b.createdAt);
    return [...this.#read().values()].toSorted(order);
  }

  /** Revokes all certificates that a user has; answers how many of them are known that held until now. */
  revoke(user: string, now: Date): number {
    const holding = [...this.#read()].filter(([, one]) => one.user === user && !one.revokedAt);
    const revokedAt = now.toISOString();
    for (const [fingerprint, one] of holding) {
      this.#write(`${fingerprint}${SUFFIX}`, { ...one, revokedAt });
    }
    this.#write(`${digestOf(user)}${USER_SUFFIX}`, { user, revokedAt });
    this.reload();
    return holding.length;
  }

  /** Forgets those that no handshake lets in any more. */
  prune(now: Date): void {
    let kept = 0;
    for (const [fingerprint, { notAfter }] of this.#read()) {
      if (Date.parse(notAfter) < now.getTime()) rmSync(this.#pathOf(fingerprint), { force: true });
      else kept += 1;
    }
    this.#untilPrune = Math.max(kept, LEAST_RECORDS);
  }

  #readRevoked(): ReadonlySet<string> {
    const revoked = [...this.#read()].filter(([, { revokedAt }]) => revokedAt !== undefined);
    return new Set(revoked.map(([fingerprint]) => fingerprint));
  }

  #readRevokedUsers(): ReadonlySet<string> {
    return new Set(this.#namesWith(USER_SUFFIX));
  }

  /** Fingerprint → what its file says. */
  #read(): ReadonlyMap<string, ClientRecord> {
    const names = this.#namesWith(SUFFIX);
    return new Map(names.map((name) => [name, readRecord(this.#pathOf(name))]));
  }

  #namesWith(suffix: string): readonly string[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory).flatMap((name) =>
      name.endsWith(suffix) ? name.slice(0, -suffix.length) : [],
    );
  }

  #write(name: string, content: object): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const text = `${JSON.stringify(content, null, 2)}\n`;
    writeFileAtomically(join(this.#directory, name), { text, mode: PRIVATE });
  }

  #pathOf(fingerprint: string): string {
    return join(this.#directory, `${fingerprint}${SUFFIX}`);
  }
}

/** Nobody knows what a damaged file said: its certificate counts as revoked. */
function readRecord(path: string): ClientRecord {
  try {
    const { user, groups, createdAt, notAfter, revokedAt }: ClientRecord = JSON.parse(
      readFileSync(path, "utf8"),
    );
    if (Number.isNaN(Date.parse(notAfter))) throw new TypeError("Expected a time");
    return { user, groups, createdAt, notAfter, ...(revokedAt && { revokedAt }) };
  } catch {
    const time = new Date(statSync(path).mtimeMs).toISOString();
    const notAfter = "9999-12-31T23:59:59Z";
    return { user: "<damaged>", groups: [], createdAt: time, notAfter, revokedAt: time };
  }
}

/** A name for the file of a user, who may be called anything. */
const digestOf = (user: string): string => createHash("sha256").update(user).digest("hex");

const plainHex = (fingerprint: string): string => fingerprint.replaceAll(":", "").toLowerCase();

function checkName(name: string): void {
  if (name !== "" && Buffer.byteLength(name) <= MAX_NAME) return;
  throw new UserError(
    `Cannot make a certificate for ${JSON.stringify(name)}: a name has 1 to ${MAX_NAME} bytes`,
    { exitCode: 64 },
  );
}
