import { ImageError } from "../image-error.ts";
import { readable } from "../tar/entry.ts";

const MAX_PATH_BYTES = 4095;

/**
 * A name of an archive as a path below the layer's root, `""` for the root itself.
 * @throws {ImageError} when it leads out of the layer.
 */
export function entryPath(name: string): string {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new ImageError(`"${readable(name)}" leads out of the layer`);
  const path = parts.join("/");
  if (path.length > MAX_PATH_BYTES)
    throw new ImageError(`"${readable(name).slice(0, 60)}…" is too long`);
  return path;
}

/** A file that says something of the layers below (OCI image-spec, layer.md; AUFS). */
export type Marker =
  | { readonly kind: "whiteout"; readonly path: string }
  | { readonly kind: "opaque"; readonly path: string }
  /** AUFS' own bookkeeping. */
  | { readonly kind: "ignored" };

const PREFIX = ".wh.";
const META_PREFIX = ".wh..wh.";
const OPAQUE_NAME = ".wh..wh..opq";

/** The marker that a path is, if it is one. @throws {ImageError} when it names no file. */
export function markerOf(path: string): Marker | undefined {
  const slash = path.lastIndexOf("/");
  const [parent, name] = [path.slice(0, slash + 1), path.slice(slash + 1)];
  if (parent.split("/").some((part) => part.startsWith(META_PREFIX))) return { kind: "ignored" };
  if (!name.startsWith(PREFIX)) return undefined;
  if (name === OPAQUE_NAME) return { kind: "opaque", path: parent.replace(/\/$/, "") };
  if (name.startsWith(META_PREFIX)) return { kind: "ignored" };
  const gone = name.slice(PREFIX.length);
  if (["", ".", ".."].includes(gone))
    throw new ImageError(`"${readable(path)}" leads out of the layer`);
  return { kind: "whiteout", path: parent + gone };
}
