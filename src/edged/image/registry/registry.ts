import { explain } from "#lib/errors.ts";
import type { RegistryCredentials } from "../../runtime/types.ts";
import { checkDigest, type Digest, digestOf, shortDigest } from "../digest.ts";
import { type ImageContents, readConfig } from "../image-contents.ts";
import { ImageError } from "../image-error.ts";
import type { ImageProgress } from "../image-progress.ts";
import type { KeptBlobs } from "../kept/kept-blobs.ts";
import type { Platform } from "../platform.ts";
import type { ImageReference } from "../reference.ts";
import { blobBytes } from "./blob.ts";
import { EndpointClient, limitedText, RegistryUnreachable } from "./endpoint-client.ts";
import { endpointsOf } from "./endpoints.ts";
import { MAX_DOCUMENT_BYTES, manifestOf } from "./manifest.ts";
import { ACCEPTED, type Descriptor, type ImageDocument, readDocument } from "./media-types.ts";
import type { Registries } from "./registries.ts";
import { PATIENCE, type Patience, type TransferRequest } from "./transfer.ts";

export interface RegistryImageRequest {
  readonly registries: Registries;
  readonly reference: ImageReference;
  readonly credentials?: RegistryCredentials;
  readonly platform: Platform;
  readonly onProgress: (progress: ImageProgress) => void;
  readonly patience?: Patience;
  /** Where what comes of layers is kept for another try. */
  readonly kept?: KeptBlobs;
}

/** An image of a registry, whose layers can be opened. */
export interface RegistryImage extends ImageContents {
  /** Of what the name led to: an index, or the manifest itself. */
  readonly digest: Digest;
}

/**
 * Finds an image: at its mirrors one after the other, then at its registry.
 * @throws {ImageError} that says of every place why it could not be had there.
 */
export async function findRegistryImage(
  request: RegistryImageRequest,
  signal: AbortSignal,
): Promise<RegistryImage> {
  const { registries, reference, credentials, patience = PATIENCE } = request;
  const failures: ImageError[] = [];
  const clients = endpointsOf(registries, reference, credentials).map(
    (endpoint) => new EndpointClient(endpoint, { answerMs: patience.stallMs }),
  );
  for (const [index, client] of clients.entries()) {
    try {
      const later = clients.slice(index + 1);
      return await new Finder({ client, later }, request).find(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ImageError)) throw error;
      failures.push(error);
    }
  }
  const reasons = failures.map(explain).join("; ");
  const offline = failures.every((failure) => failure instanceof RegistryUnreachable);
  throw new ImageError(
    offline ? `${reasons}. Without a registry: 'edgesite images import ARCHIVE'` : reasons,
  );
}

class Finder {
  readonly #client: EndpointClient;
  /** Places that may have blobs which this one lacks. */
  readonly #later: readonly EndpointClient[];
  readonly #request: RegistryImageRequest;

  constructor(
    {
      client,
      later,
    }: { readonly client: EndpointClient; readonly later: readonly EndpointClient[] },
    request: RegistryImageRequest,
  ) {
    this.#client = client;
    this.#later = later;
    this.#request = request;
  }

  async find(signal: AbortSignal): Promise<RegistryImage> {
    const { reference, platform } = this.#request;
    const { digest: wanted, tag = "latest" } = reference;
    const first = await this.#document(wanted ?? tag, signal);
    const manifest = await manifestOf(
      first.document,
      platform,
      async (listed) => (await this.#document(listed.digest, signal)).document,
    );
    const config = await this.#config(manifest.config, signal);
    const { diffIds } = readConfig(config);
    if (diffIds.length !== manifest.layers.length) {
      throw new ImageError(
        `its config names ${diffIds.length} layers and its manifest ${manifest.layers.length}`,
      );
    }
    const { kept } = this.#request;
    return {
      digest: first.digest,
      config,
      layers: manifest.layers.map((descriptor, index) => ({
        diffId: checkDigest(diffIds[index] ?? "", "a layer"),
        sizeBytes: descriptor.size,
        open: (transfer: AbortSignal) => this.#layer(descriptor, transfer),
        ...(kept && { forget: () => kept.forget(descriptor.digest) }),
      })),
    };
  }

  /** A manifest or an index, by tag or digest. */
  async #document(reference: string, signal: AbortSignal): Promise<Found> {
    const headers = { accept: ACCEPTED };
    const answer = await this.#client.get({ path: `manifests/${reference}`, headers }, signal);
    const text = await limitedText(answer, MAX_DOCUMENT_BYTES);
    const digest = digestOf(text);
    const told = answer.headers.get("docker-content-digest");
    const wanted = reference.startsWith("sha256:") ? reference : (told ?? digest);
    if (wanted !== digest) {
      throw new ImageError(`the manifest ${wanted} is corrupt: its bytes are ${digest}`);
    }
    const mediaType = answer.headers.get("content-type") ?? undefined;
    return { document: readDocument(text, mediaType), digest };
  }

  async #config(descriptor: Descriptor, signal: AbortSignal): Promise<string> {
    if (descriptor.size > MAX_DOCUMENT_BYTES) throw new ImageError("its config is too long");
    const parts: Uint8Array[] = [];
    const request = this.#transfer(descriptor, () => undefined);
    for await (const bytes of blobBytes(request, signal)) parts.push(bytes);
    return Buffer.concat(parts).toString();
  }

  async *#layer(
    descriptor: Descriptor,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const part = shortDigest(descriptor.digest);
    const tell = (doneBytes: number): void =>
      this.#request.onProgress({
        part,
        state: "transferring",
        doneBytes,
        totalBytes: descriptor.size,
      });
    const { kept } = this.#request;
    const request = { ...this.#transfer(descriptor, tell), ...(kept && { kept }) };
    yield* blobBytes(request, signal);
  }

  #transfer(descriptor: Descriptor, onBytes: (doneBytes: number) => void): TransferRequest {
    const { patience = PATIENCE } = this.#request;
    return { clients: [this.#client, ...this.#later], descriptor, patience, onBytes };
  }
}

interface Found {
  readonly document: ImageDocument;
  readonly digest: Digest;
}
