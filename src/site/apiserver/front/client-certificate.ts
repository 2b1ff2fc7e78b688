import type { X509Certificate } from "node:crypto";
import type { Socket } from "bun";
import { type Clock, systemClock } from "#lib/clock.ts";
import { subjectNames } from "#lib/x509/read-certificate.ts";
import type { Peer } from "#serve/api-options.ts";
import type { ClientCertificate } from "../client-certificates.ts";

/** Somebody whom a client certificate stands for. */
export interface Identity {
  /** The same for all connections that show the same certificate. */
  readonly key: string;
  /** Who it is, at this moment: a certificate may end while its connection goes on. */
  peer(): Peer;
}

/** All that a certificate that proves nothing stands for. */
export const UNTRUSTED: Identity = { key: "untrusted", peer: () => "untrusted" };

export interface IdentityOptions {
  /** Says when client certificates end. Default: the system's. */
  readonly clock?: Clock;
  /** Whether a client certificate was taken back; asked for every request. Default: none was. */
  readonly isRevoked?: (certificate: ClientCertificate) => boolean;
}

const AUTHENTICATED = "system:authenticated";

/**
 * The identity that a client proved in the handshake: the common name is the user's name, the
 * organizations are groups. `undefined` where it showed no certificate. Chain, purpose and validity
 * were checked by the handshake against our own authority alone.
 */
export function identityOf<T>(
  socket: Socket<T>,
  { clock = systemClock, isRevoked }: IdentityOptions,
): Identity | undefined {
  // Its type promises one in every case.
  const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  if (!certificate) return undefined;
  const { commonName, organizations } = subjectNames(certificate);
  if (!socket.authorized) return UNTRUSTED;
  // Nobody is meant: not wrong, but no proof either.
  if (commonName === "") return undefined;
  const user = { name: commonName, groups: [...organizations, AUTHENTICATED] };
  const notAfter = new Date(certificate.validTo);
  const shown = { fingerprint: certificate.fingerprint256, user: commonName };
  return {
    key: shown.fingerprint,
    peer: () => (clock.now() <= notAfter && !isRevoked?.(shown) ? user : "untrusted"),
  };
}
