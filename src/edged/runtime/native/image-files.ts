import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SystemCallError } from "#linux/libc.ts";
import { openBeneath, RESOLVE } from "#linux/open-beneath.ts";
import type { ImageFile } from "./image-user.ts";

const NOT_HERE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

/**
 * Reads files of an image out of its layers, the topmost first, without mounting it. Links are
 * followed within the layer that they lie in.
 */
export function imageFiles(
  layersDirectory: string,
  lowerDirectories: readonly string[],
): ImageFile {
  return async (path) => {
    for (const layer of lowerDirectories) {
      const found = readBeneath(join(layersDirectory, layer), path);
      if (found.known) return found.text;
    }
    return undefined;
  };
}

/** More than any list of users needs, and little enough to hold. */
const MAX_FILE_BYTES = 4 << 20;

/** @param place a descriptor of what is there, not opened for reading. */
function readPlain(place: number, path: string): Found {
  const found = fstatSync(place);
  // In overlay's layers a character device of 0:0 stands for what was removed.
  if (found.isCharacterDevice() && found.rdev === 0) return { known: true };
  if (!found.isFile()) throw new Error(`Cannot read /${path} of the image: it is no plain file`);
  if (found.size > MAX_FILE_BYTES) {
    throw new Error(`Cannot read /${path} of the image: it has more than ${MAX_FILE_BYTES} bytes`);
  }
  return { known: true, text: readFileSync(`/proc/self/fd/${place}`, "utf8") };
}

type Found = { readonly known: true; readonly text?: string } | { readonly known: false };

function readBeneath(layer: string, path: string): Found {
  const directory = openSync(layer, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const resolve = RESOLVE.inRoot | RESOLVE.noMagicLinks;
    // Not open yet: to open a device is to use it, and an image may have put one there.
    const place = openBeneath({ directory, path }, { resolve });
    try {
      return readPlain(place, path);
    } finally {
      closeSync(place);
    }
  } catch (error) {
    if (error instanceof SystemCallError && NOT_HERE.has(error.code)) return { known: false };
    throw error;
  } finally {
    closeSync(directory);
  }
}
