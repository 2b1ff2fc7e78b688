import { goDuration } from "#api/duration-text.ts";
import type { Container, Pod } from "#api/object.ts";
import { abortable } from "#lib/abort.ts";
import { Backoff } from "#lib/backoff.ts";
import type { Clock } from "#lib/clock.ts";
import { asError } from "#lib/errors.ts";
import { ContainerFailure } from "../container/container-failure.ts";
import type { Sources } from "../container/sources.ts";
import type { PodRecorder } from "../events.ts";
import { EngineUnreachable } from "../runtime/runtime.ts";
import type { ImageInfo } from "../runtime/types.ts";
import type { ImageSource } from "./image-source.ts";
import { credentialsFor } from "./pull-secrets.ts";
import { type ImageReference, parseImageReference } from "./reference.ts";

/** kubelet's `imageBackOff`. */
const PULL_BACKOFF = { initialMs: 10_000, maxMs: 300_000 };
/** How long after its last try a failure is forgotten: kubelet's rule, twice the longest delay. */
const FORGOTTEN_AFTER_MS = 2 * PULL_BACKOFF.maxMs;
/** How long `ErrImagePull` stands before it becomes `ImagePullBackOff`. */
const SHOW_ERROR_MS = 1000;

interface Wanted {
  readonly pod: Pod;
  readonly container: Container;
  readonly recorder: PodRecorder;
  readonly sources: Sources;
}

export interface ImageManagerOptions {
  readonly images: ImageSource;
  readonly clock: Clock;
  /** The archives that lie on this node are taken in: what is not there then has to be fetched. */
  readonly settled: Promise<void>;
  /** The node has an image more. */
  readonly onPulled: () => void;
}

interface Failed {
  readonly backoff: Backoff;
  readonly message: string;
  readonly failedAtMs: number;
  readonly retryAtMs: number;
}

/**
 * Gets the images of pods' containers, by their pull policies. A pull that failed holds up that pod
 * only: another one may have other credentials, or come after what was wrong was put right.
 */
export class ImageManager {
  readonly #images: ImageSource;
  readonly #clock: Clock;
  readonly #settled: Promise<void>;
  readonly #onPulled: () => void;
  /** By pod and image. */
  readonly #failed = new Map<string, Failed>();

  constructor({ images, clock, settled, onPulled }: ImageManagerOptions) {
    this.#images = images;
    this.#clock = clock;
    this.#settled = settled;
    this.#onPulled = onPulled;
  }

  /**
   * The image of a container, pulled where its policy says so.
   * @throws {ContainerFailure} `InvalidImageName`, `ErrImageNeverPull`, `ErrImagePull` or
   * `ImagePullBackOff`.
   */
  async ensure(wanted: Wanted, signal: AbortSignal): Promise<ImageInfo> {
    const { container, recorder } = wanted;
    const { image = "" } = container;
    const reference = parseImageReference(image);
    if (!reference) {
      const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
      recorder.warning("InspectFailed", message, container);
      throw new ContainerFailure("InvalidImageName", message);
    }
    const policy = container.imagePullPolicy ?? defaultPolicy(reference);
    let present = await this.#images.image(image, signal);
    if (!present) {
      await abortable(this.#settled, signal);
      present = await this.#images.image(image, signal);
    }
    if (present && policy !== "Always") {
      recorder.normal(
        "Pulled",
        `Container image "${image}" already present on machine and can be accessed by the pod`,
        container,
      );
      return present;
    }
    if (policy === "Never") {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      recorder.warning("ErrImageNeverPull", message, container);
      throw new ContainerFailure("ErrImageNeverPull", message);
    }
    return this.#pull(wanted, reference, signal);
  }

  async #pull(wanted: Wanted, reference: ImageReference, signal: AbortSignal): Promise<ImageInfo> {
    const { container, recorder } = wanted;
    const { image = "" } = container;
    this.#refuseWhileBackingOff(wanted);
    recorder.normal("Pulling", `Pulling image "${image}"`, container);
    const startMs = this.#clock.monotonicMs();
    try {
      const pulled = await this.#tryPull(wanted, reference, signal);
      this.#failed.delete(keyOf(wanted));
      this.#onPulled();
      const took = goDuration(Math.round(this.#clock.monotonicMs() - startMs));
      recorder.normal(
        "Pulled",
        `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
        container,
      );
      return pulled;
    } catch (error) {
      if (signal.aborted || error instanceof EngineUnreachable) throw error;
      throw this.#failure(wanted, asError(error).message);
    }
  }

  /** Tries the pod's credentials for the registry one after the other, or none. */
  async #tryPull(wanted: Wanted, reference: ImageReference, signal: AbortSignal) {
    const { image = "" } = wanted.container;
    const credentials = await credentialsFor(wanted.pod, reference, wanted.sources);
    let failure: unknown;
    for (const one of credentials.length === 0 ? [undefined] : credentials) {
      try {
        return await this.#images.pullImage(image, one, signal);
      } catch (error) {
        if (signal.aborted || error instanceof EngineUnreachable) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  #refuseWhileBackingOff(wanted: Wanted): void {
    const { container, recorder } = wanted;
    const { image = "" } = container;
    const failed = this.#failed.get(keyOf(wanted));
    if (!failed || failed.retryAtMs <= this.#clock.monotonicMs()) return;
    recorder.normal("BackOff", `Back-off pulling image "${image}"`, container);
    recorder.warning("Failed", "Error: ImagePullBackOff", container);
    const message = `Back-off pulling image "${image}": ErrImagePull: ${failed.message}`;
    throw new ContainerFailure("ImagePullBackOff", message, failed.retryAtMs);
  }

  #failure(wanted: Wanted, message: string): ContainerFailure {
    const { container, recorder } = wanted;
    const { image = "" } = container;
    const nowMs = this.#clock.monotonicMs();
    this.#forget(nowMs - FORGOTTEN_AFTER_MS);
    const key = keyOf(wanted);
    const backoff = this.#failed.get(key)?.backoff ?? new Backoff(PULL_BACKOFF);
    const retryAtMs = nowMs + backoff.next();
    this.#failed.set(key, { backoff, message, failedAtMs: nowMs, retryAtMs });
    recorder.warning("Failed", `Failed to pull image "${image}": ${message}`, container);
    recorder.warning("Failed", "Error: ErrImagePull", container);
    return new ContainerFailure("ErrImagePull", message, nowMs + SHOW_ERROR_MS);
  }

  /** Nobody says here that a pod is gone: what did not fail since `sinceMs` is none that waits. */
  #forget(sinceMs: number): void {
    for (const [key, { failedAtMs }] of this.#failed) {
      if (failedAtMs < sinceMs) this.#failed.delete(key);
    }
  }
}

function keyOf({ pod, container }: Wanted): string {
  return `${pod.metadata?.uid ?? ""} ${container.image ?? ""}`;
}

function defaultPolicy({ tag }: ImageReference): string {
  return tag === "latest" ? "Always" : "IfNotPresent";
}
