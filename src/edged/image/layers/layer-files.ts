import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "#lib/errors.ts";
import { type Digest, hexOf } from "../digest.ts";

/** What is known of a layer beside its files: `layer.json`. */
export interface LayerFacts {
  /** The digest of its archive, not compressed. */
  readonly diffId: Digest;
  /** Bytes of its files. */
  readonly sizeBytes: number;
  /** Bytes of its archive, not compressed. */
  readonly archiveBytes: number;
  /** In which run of the site it was unpacked. */
  readonly run: number;
  /** It came over a link, and is worth keeping for the next try when the rest of its image does not come. */
  readonly isFetched?: boolean;
}

/** Where the parts of a layer lie. */
export interface LayerPaths {
  /** All of it. */
  readonly root: string;
  /** The files, for overlay. */
  readonly tree: string;
  readonly skeleton: string;
  /** Files whose place a later entry of the same layer took. */
  readonly aside: string;
  readonly facts: string;
}

/** Below a layer's directory. */
const TREE = "diff";

export function layerPaths(root: string): LayerPaths {
  return {
    root,
    tree: join(root, TREE),
    skeleton: join(root, "skeleton"),
    aside: join(root, "aside"),
    facts: join(root, "layer.json"),
  };
}

/** A layer's directory: short, so that the names of 127 fit into one page of mount options. */
export function layerName(diffId: Digest): string {
  return hexOf(diffId).slice(0, 16);
}

/** A layer's files, relative to the directory of all layers. */
export function lowerDirectory(diffId: Digest): string {
  return `${layerName(diffId)}/${TREE}`;
}

/** The facts of a layer; undefined where there is none, or none that can be read. */
export function readFacts({ facts }: LayerPaths): LayerFacts | undefined {
  try {
    const read: LayerFacts = JSON.parse(readFileSync(facts, "utf8"));
    return read;
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

export function makeLayerDirectory(root: string): LayerPaths {
  const paths = layerPaths(root);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  mkdirSync(paths.tree, { mode: 0o755 });
  return paths;
}
