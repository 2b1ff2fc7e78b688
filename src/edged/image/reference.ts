import { ImageError } from "./image-error.ts";

/** An image name taken apart, with Docker's defaults filled in (distribution/reference). */
export interface ImageReference {
  /** `docker.io`, `ghcr.io`, `registry.local:5000` */
  readonly registry: string;
  /** `library/busybox` */
  readonly repository: string;
  /** `latest` where the name has neither tag nor digest. */
  readonly tag?: string;
  readonly digest?: string;
}

const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const REGISTRY =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.?)+(?::\d+)?$|^\[[0-9a-fA-F:]+\](?::\d+)?$/;
const MAX_NAME_LENGTH = 255;

/** Takes an image name apart; `undefined` when it is none. */
export function parseImageReference(name: string): ImageReference | undefined {
  const [named = "", digest, ...more] = name.split("@");
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  const slash = named.lastIndexOf("/");
  const colon = named.indexOf(":", slash + 1);
  const path = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const { registry, repository } = splitRegistry(path);
  if (path.length > MAX_NAME_LENGTH || !REPOSITORY.test(repository) || !REGISTRY.test(registry)) {
    return undefined;
  }
  const wantedTag = tag ?? (digest === undefined ? "latest" : undefined);
  return {
    registry,
    repository,
    ...(wantedTag !== undefined && { tag: wantedTag }),
    ...(digest !== undefined && { digest }),
  };
}

/** As `parseImageReference`. @throws {ImageError} when it is none. */
export function imageReference(name: string): ImageReference {
  const reference = parseImageReference(name);
  if (!reference) throw new ImageError(`"${name}" is not the name of an image`);
  return reference;
}

/** The name that Docker pulls exactly one image by. */
export function pullName({ registry, repository, tag, digest }: ImageReference): string {
  const path = `${registry}/${repository}`;
  return digest === undefined ? `${path}:${tag}` : `${path}@${digest}`;
}

/** The name that an image is kept under: its tag's, without a digest that only says which one was meant. */
export function fullName({ registry, repository, tag, digest }: ImageReference): string {
  const path = `${registry}/${repository}`;
  return tag === undefined ? `${path}@${digest}` : `${path}:${tag}`;
}

/** A name whose first part has no dot, no port and is not `localhost` is on Docker Hub. */
function splitRegistry(path: string): { registry: string; repository: string } {
  const slash = path.indexOf("/");
  const first = path.slice(0, Math.max(slash, 0));
  if (/[.:]/.test(first) || first === "localhost") {
    return { registry: first, repository: path.slice(slash + 1) };
  }
  return { registry: "docker.io", repository: slash < 0 ? `library/${path}` : path };
}
