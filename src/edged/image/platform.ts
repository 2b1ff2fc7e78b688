import { ImageError } from "./image-error.ts";
import type { DescribedPlatform, Descriptor } from "./registry/media-types.ts";

/** For which machines an image is, in Go's words: `linux`, `arm`, `v7`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** This machine's. */
export function ownPlatform(): Platform {
  return { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" };
}

/** `linux/arm/v7`, `linux/amd64`; this machine's where none is named. @throws {ImageError} */
export function platformOf(text: string | undefined): Platform {
  if (text === undefined) return ownPlatform();
  const [os = "", architecture = "", variant, ...more] = text.split("/");
  if (os === "" || architecture === "" || more.length > 0) {
    throw new ImageError(`"${text}" is no platform: write one like linux/amd64 or linux/arm/v7`);
  }
  return { os, architecture, ...(variant !== undefined && { variant }) };
}

export function platformText({ os, architecture, variant }: DescribedPlatform): string {
  return [os ?? "unknown", architecture ?? "unknown", ...(variant ? [variant] : [])].join("/");
}

/** What needs no variant named: every arm64 is v8, every amd64 at least v1. */
const BASE_VARIANT: Readonly<Record<string, string>> = { arm64: "v8", amd64: "v1", arm: "v7" };

/**
 * The manifest of an index for a platform.
 * @throws {ImageError} when there is none; it names those that there are.
 */
export function chooseManifest(manifests: readonly Descriptor[], wanted: Platform): Descriptor {
  const variantOf = ({ architecture = "", variant }: DescribedPlatform): string =>
    variant ?? BASE_VARIANT[architecture] ?? "";
  const fitting = manifests.filter(
    ({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture,
  );
  const exact = fitting.find(({ platform }) => variantOf(platform ?? {}) === variantOf(wanted));
  const [only] = manifests;
  // An index of one manifest may leave its platform to the image's config.
  const unnamed = manifests.length === 1 && only?.platform === undefined ? only : undefined;
  const older =
    wanted.architecture === "arm" && wanted.variant !== "v6"
      ? fitting.find(({ platform }) => (platform?.variant ?? "v7") < (wanted.variant ?? "v7"))
      : undefined;
  const chosen = exact ?? older ?? unnamed;
  if (chosen) return chosen;
  const others = [
    ...new Set(
      manifests
        .map(({ platform }) => platformText(platform ?? {}))
        .filter((text) => !text.startsWith("unknown/")),
    ),
  ];
  throw new ImageError(
    `it is not there for ${platformText(wanted)}, only for ${others.join(", ") || "no platform"}`,
  );
}
