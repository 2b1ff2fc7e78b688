import { closeSync, read } from "node:fs";
import { promisify } from "node:util";
import { explain } from "#lib/errors.ts";
import { Tree } from "#linux/tree.ts";
import { Digester } from "../digest.ts";
import { ImageError } from "../image-error.ts";
import { readable } from "../tar/entry.ts";
import type { LayerFacts, LayerPaths } from "./layer-files.ts";
import { type Piece, readSkeleton } from "./skeleton.ts";

const readFile = promisify(read);
const PIECE_BYTES = 256 * 1024;

/** A layer on disk. */
export interface UnpackedLayer {
  readonly paths: LayerPaths;
  readonly facts: LayerFacts;
}

/**
 * The archive that a layer was unpacked from, byte for byte, made of its files and its skeleton.
 * @throws {ImageError} when they are damaged: at the end, if only the digest tells.
 */
export async function* layerArchive({
  paths,
  facts,
}: UnpackedLayer): AsyncGenerator<Uint8Array, void, undefined> {
  const digester = new Digester();
  try {
    for await (const bytes of pieces(paths)) {
      digester.update(bytes);
      yield bytes;
    }
  } catch (error) {
    throw new ImageError(`The layer ${facts.diffId} is damaged: ${explain(error)}`, {
      cause: error,
    });
  }
  if (digester.digest() !== facts.diffId) {
    throw new ImageError(`The layer ${facts.diffId} is damaged: its files have other bytes now`);
  }
}

async function* pieces(paths: LayerPaths): AsyncGenerator<Uint8Array, void, undefined> {
  const aside = asideNotes(paths);
  using diff = new Tree(paths.tree);
  let position = 0;
  for (const record of readSkeleton(paths.skeleton)) {
    position += 1;
    if (record.kind === "raw") yield record.bytes;
    if (record.kind !== "content") continue;
    const { path } = record;
    const note = aside.find((one) => one.position > position && covers(one.path, path));
    if (!note) {
      yield* fileBytes(diff, path, record.pieces);
      continue;
    }
    using moved = new Tree(paths.aside);
    yield* fileBytes(moved, note.name + path.slice(note.path.length), record.pieces);
  }
}

/** What went aside, and when: all that was unpacked to the path before. */
function asideNotes({ skeleton }: LayerPaths): readonly (Note & { readonly position: number })[] {
  const notes: (Note & { position: number })[] = [];
  let position = 0;
  for (const record of readSkeleton(skeleton)) {
    position += 1;
    if (record.kind === "aside") notes.push({ path: record.path, name: record.name, position });
  }
  return notes;
}

interface Note {
  readonly path: string;
  readonly name: string;
}

function covers(directory: string, path: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

async function* fileBytes(
  tree: Tree,
  path: string,
  wanted: readonly Piece[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const descriptor = tree.openFile(tree.place(path, { make: false }));
  try {
    for (const { offset, length } of wanted) {
      for (let done = 0; done < length; ) {
        const size = Math.min(PIECE_BYTES, length - done);
        const { bytesRead, buffer } = await readFile(
          descriptor,
          Buffer.alloc(size),
          0,
          size,
          offset + done,
        );
        if (bytesRead === 0) throw new Error(`the file ${readable(path)} is too short`);
        done += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Whether every file of a layer has the bytes that it should have, by number: what a power cut takes first. */
export function hasAllSizes({ paths }: UnpackedLayer): boolean {
  const aside = asideNotes(paths);
  using diff = new Tree(paths.tree);
  for (const record of readSkeleton(paths.skeleton)) {
    if (record.kind !== "content" || aside.some((note) => covers(note.path, record.path))) continue;
    const found = diff.find(diff.place(record.path, { make: false }));
    const end = record.pieces.reduce(
      (most, { offset, length }) => Math.max(most, offset + length),
      0,
    );
    if (!found || found.sizeBytes < end) return false;
  }
  return true;
}
