import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "#lib/errors.ts";
import { decodeExitRecord } from "./shim/protocol.ts";

const NANOSECONDS_PER_MS = 1_000_000n;

/** How a container ended, as its shim has written it into its directory; undefined where it has not. */
export async function readExitRecord(
  directory: string,
): Promise<ReturnType<typeof decodeExitRecord>> {
  try {
    return decodeExitRecord(await readFile(join(directory, "exit")));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** The shim's nanoseconds since 1970. */
export function dateOf(ns: bigint): Date {
  return new Date(Number(ns / NANOSECONDS_PER_MS));
}
