import { Readable } from "node:stream";
import { explain } from "#lib/errors.ts";
import type { Arch } from "#linux/syscalls.ts";
import { engineArchive } from "../../image/archive/engine-archive.ts";
import { ImageError } from "../../image/image-error.ts";
import type { PullOptions } from "../../image/image-store.ts";
import { platformOf } from "../../image/platform.ts";
import { fullName, type ImageReference, imageReference, pullName } from "../../image/reference.ts";
import { isConfigured } from "../../image/registry/endpoints.ts";
import { NO_REGISTRIES, type Registries } from "../../image/registry/registries.ts";
import { readRegistries } from "../../image/registry/registries-file.ts";
import { findRegistryImage } from "../../image/registry/registry.ts";
import { LinkedSignal } from "../../linked-signal.ts";
import { EngineUnreachable } from "../runtime.ts";
import type { ImageInfo } from "../types.ts";
import { imageOf } from "./describe.ts";
import { type Engine, refusal, unlessMissing } from "./engine.ts";
import { readable } from "./node-stream.ts";
import { pauseImageArchive } from "./pause-image.ts";
import { type ProgressLine, progressOf, readProgress } from "./progress.ts";

/** The images of a Docker Engine. */
export class DockerImages {
  readonly #engine: Engine;
  readonly #registriesFile: string | undefined;

  constructor(engine: Engine, registriesFile: string | undefined) {
    this.#engine = engine;
    this.#registriesFile = registriesFile;
  }

  async list(signal: AbortSignal): Promise<ImageInfo[]> {
    const images = await this.#engine.call(signal, (docker, abortSignal) =>
      docker.listImages({ abortSignal }),
    );
    return images.map(({ Id, RepoTags, RepoDigests, Size }) => ({
      id: Id,
      names: [...(RepoDigests ?? []), ...(RepoTags ?? [])].filter(
        (name) => !name.includes("<none>"),
      ),
      digest: RepoDigests?.[0] ?? Id,
      sizeBytes: Size,
      user: "",
    }));
  }

  async find(name: string, signal: AbortSignal): Promise<ImageInfo | undefined> {
    const info = await unlessMissing(
      this.#engine.call(signal, (docker) => docker.getImage(name).inspect()),
    );
    return info && imageOf(info);
  }

  /**
   * Has the engine fetch an image; where registries.yaml says anything of its registry, which the
   * engine does not read, it is fetched here and handed over.
   */
  async pull(name: string, options: PullOptions, signal: AbortSignal): Promise<ImageInfo> {
    const reference = imageReference(name);
    const file = this.#registriesFile;
    const registries = file === undefined ? NO_REGISTRIES : readRegistries(file);
    if (isConfigured(registries, reference)) {
      return await this.#fetch({ reference, registries, ...options }, signal);
    }
    await this.#pullByEngine(reference, options, signal);
    const image = await this.find(name, signal);
    if (!image) throw new Error(`The engine pulled ${name} but does not have it`);
    return image;
  }

  /** Hands an archive over; answers the names, or IDs, of the images in it. */
  async load(archive: Readable, signal: AbortSignal): Promise<readonly string[]> {
    using linked = new LinkedSignal(signal);
    const { signal: abortSignal } = linked;
    const loaded: string[] = [];
    try {
      const progress = await this.#engine.open(signal, (docker) =>
        docker.loadImage(archive, { abortSignal }),
      );
      await readProgress(readable(progress), ({ stream = "" }) => {
        const [, name] = /^Loaded image(?: ID)?: (\S+)/.exec(stream) ?? [];
        if (name !== undefined) loaded.push(name);
      });
      return loaded;
    } finally {
      archive.destroy();
    }
  }

  /** Makes sure that the sandbox image is there. */
  async ensurePause(name: string, arch: Arch, signal: AbortSignal): Promise<void> {
    if (await this.find(name, signal)) return;
    await this.load(Readable.from([await pauseImageArchive(name, arch)]), signal);
  }

  async #pullByEngine(
    reference: ImageReference,
    { credentials, platform, onProgress = () => undefined }: PullOptions,
    signal: AbortSignal,
  ): Promise<void> {
    using linked = new LinkedSignal(signal);
    const abortSignal = linked.signal;
    const fromImage = pullName(reference);
    try {
      const progress = await this.#engine.open(signal, (docker) => {
        const options = { fromImage, abortSignal, ...(platform !== undefined && { platform }) };
        return credentials
          ? docker.createImage({ ...credentials }, options)
          : docker.createImage(options);
      });
      await readProgress(readable(progress), (line: ProgressLine) => {
        const told = progressOf(line);
        if (told) onProgress(told);
      });
    } catch (error) {
      if (error instanceof EngineUnreachable) throw error;
      throw new ImageError(`Cannot pull ${fromImage}: ${refusal(error)}`, { cause: error });
    }
  }

  async #fetch(
    request: PullOptions & { readonly reference: ImageReference; readonly registries: Registries },
    signal: AbortSignal,
  ): Promise<ImageInfo> {
    const { reference, platform, onProgress = () => undefined, ...rest } = request;
    const name = reference.tag === undefined ? undefined : fullName(reference);
    try {
      const image = await findRegistryImage(
        {
          ...{ ...rest, reference, onProgress },
          platform: platformOf(platform),
        },
        signal,
      );
      const { id, bytes } = engineArchive(
        [{ ...image, names: name === undefined ? [] : [name] }],
        signal,
      );
      await this.load(Readable.from(bytes), signal);
      const found = await this.find(id[0] ?? "", signal);
      if (found) return found;
      throw new ImageError("the engine took it in but does not have it");
    } catch (error) {
      if (error instanceof EngineUnreachable || signal.aborted) throw error;
      throw new ImageError(`Cannot pull ${pullName(reference)}: ${explain(error)}`, {
        cause: error,
      });
    }
  }
}
