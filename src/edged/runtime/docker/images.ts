import { Readable } from "node:stream";
import { must } from "#lib/errors.ts";
import type { Arch } from "#linux/syscalls.ts";
import { parseImageReference, pullName } from "../../image/reference.ts";
import { LinkedSignal } from "../../linked-signal.ts";
import { EngineUnreachable } from "../runtime.ts";
import type { ImageInfo, RegistryCredentials } from "../types.ts";
import { imageOf } from "./describe.ts";
import { type Engine, refusal, unlessMissing } from "./engine.ts";
import { readable } from "./node-stream.ts";
import { pauseImageArchive } from "./pause-image.ts";

/** The images of a Docker Engine. */
export class DockerImages {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
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

  async pull(
    name: string,
    credentials: RegistryCredentials | undefined,
    signal: AbortSignal,
  ): Promise<ImageInfo> {
    using linked = new LinkedSignal(signal);
    const abortSignal = linked.signal;
    const fromImage = pullName(must(parseImageReference(name), "the name of an image"));
    try {
      const progress = await this.#engine.open(signal, (docker) => {
        const options = { fromImage, abortSignal };
        return credentials
          ? docker.createImage({ ...credentials }, options)
          : docker.createImage(options);
      });
      await finished(readable(progress));
    } catch (error) {
      if (error instanceof EngineUnreachable) throw error;
      throw new Error(refusal(error), { cause: error });
    }
    const image = await this.find(name, signal);
    if (!image) throw new Error(`The engine pulled ${name} but does not have it`);
    return image;
  }

  /** Makes sure that the sandbox image is there. */
  async ensurePause(name: string, arch: Arch, signal: AbortSignal): Promise<void> {
    if (await this.find(name, signal)) return;
    const archive = await pauseImageArchive(name, arch);
    using linked = new LinkedSignal(signal);
    const { signal: abortSignal } = linked;
    const progress = await this.#engine.open(signal, (docker) =>
      docker.loadImage(Readable.from([archive]), { abortSignal }),
    );
    await finished(readable(progress));
  }
}

/** Reads a progress stream to its end; an `error` line in it is the failure. */
async function finished(progress: Readable): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of progress) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) check(part);
  }
  check(rest);
}

function check(line: string): void {
  if (line.trim() === "") return;
  const { error }: { error?: string } = JSON.parse(line);
  if (error !== undefined) throw new Error(error);
}
