import { readFileSync } from "node:fs";
import type { AuditPolicy } from "#api/audit/policy.ts";
import { readAuditPolicy } from "#api/audit/read-policy.ts";
import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import { systemClock } from "#lib/clock.ts";
import { explain, UserError } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import { RotatingFile } from "#lib/rotating-file.ts";
import type { AuditSink } from "#serve/audit/auditor.ts";

/** What is kept of requests, and where it goes; closing it writes what waits. */
export interface AuditLog extends AsyncDisposable {
  readonly policy: AuditPolicy;
  readonly sink: AuditSink;
}

const MEBIBYTE = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_QUEUED_BYTES = 8 * MEBIBYTE;

/**
 * Opens the audit log, where the configuration wants one.
 * @throws {UserError} for a policy that cannot be used.
 */
export function openAuditLog(
  { apiServer: { audit } }: EdgeSiteConfig,
  log: Logger,
): AuditLog | undefined {
  if (audit.logPath === "") return undefined;
  const file = new RotatingFile({
    path: audit.logPath,
    maxBytes: audit.logMaxSize * MEBIBYTE,
    maxBackups: audit.logMaxBackup,
    maxAgeMs: audit.logMaxAge * DAY_MS,
    maxQueuedBytes: MAX_QUEUED_BYTES,
    now: () => systemClock.now(),
    onFailure: (error) =>
      log.error("Cannot write the audit log; what it missed is lost", { error }),
  });
  return {
    policy: readPolicy(audit.policyFile),
    sink: file,
    [Symbol.asyncDispose]: () => file.close(),
  };
}

function readPolicy(path: string): AuditPolicy {
  try {
    return readAuditPolicy(readFileSync(path));
  } catch (cause) {
    throw new UserError(`Cannot use the audit policy ${path}: ${explain(cause)}`, { cause });
  }
}
