import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SystemCallError } from "#linux/libc.ts";
import { openBeneath, RESOLVE } from "#linux/open-beneath.ts";
import type { ImageFile } from "./image-user.ts";

/** In overlay's layers a character device of 0:0 stands for what was removed. */
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

type Found = { readonly known: true; readonly text?: string } | { readonly known: false };

function readBeneath(layer: string, path: string): Found {
  const directory = openSync(layer, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const resolve = RESOLVE.inRoot | RESOLVE.noMagicLinks;
    const flags = constants.O_RDONLY | constants.O_NONBLOCK;
    const file = openBeneath({ directory, path }, { flags, resolve });
    try {
      return { known: true, text: readFileSync(file, "utf8") };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    // ENXIO: what opening the device that stands for a removed file says.
    if (error instanceof SystemCallError && error.code === "ENXIO") return { known: true };
    if (error instanceof SystemCallError && NOT_HERE.has(error.code)) return { known: false };
    throw error;
  } finally {
    closeSync(directory);
  }
}
