import { explain } from "#lib/errors.ts";

/** How a command ended, as exec and attach tell it: a `metav1.Status` with reasons of its own. */
export interface CommandStatus {
  readonly metadata: Record<string, never>;
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: "InternalError" | "NonZeroExitCode";
  readonly details?: { readonly causes: readonly { reason?: string; message: string }[] };
  readonly code?: number;
}

export const SUCCEEDED: CommandStatus = Object.freeze({ metadata: {}, status: "Success" });

/** The command ran and ended; kubectl ends with the same exit code. */
export function exited(exitCode: number, command: readonly string[]): CommandStatus {
  if (exitCode === 0) return SUCCEEDED;
  const what = `error executing command [${command.join(" ")}], exit code ${exitCode}`;
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: ${what}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  };
}

/** The command could not run, or was lost while it ran. `doing`: `executing command`, `attaching to container`. */
export function commandFailed(doing: string, cause: unknown): CommandStatus {
  const message = `error ${doing}: ${explain(cause)}`;
  return {
    metadata: {},
    status: "Failure",
    message: `Internal error occurred: ${message}`,
    reason: "InternalError",
    details: { causes: [{ message }] },
    code: 500,
  };
}

/**
 * What goes on the error channel. Protocols before v4 know text only, and silence for success.
 */
export function encodeStatus(status: CommandStatus, structured: boolean): Uint8Array {
  if (structured) return Buffer.from(JSON.stringify(status));
  return Buffer.from(status.status === "Success" ? "" : (status.message ?? ""));
}
