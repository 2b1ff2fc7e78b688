import type { RegistryCredentials } from "../../runtime/types.ts";
import type { Digest } from "../digest.ts";
import type { ImageProgress } from "../image-progress.ts";
import type { LayerFacts } from "../layers/layer-files.ts";
import type { Platform } from "../platform.ts";
import type { ImageReference } from "../reference.ts";
import type { Registries } from "../registry/registries.ts";
import type { Patience } from "../registry/transfer.ts";

/** What the thread of images is started with. */
export interface WorkSetting {
  /** The directory of all layers and of what is on its way. */
  readonly directory: string;
  readonly run: number;
  /** The layers of the images that are here. */
  readonly needed: readonly Digest[];
  readonly reserveBytes?: number;
}

export interface PullWork {
  readonly kind: "pull";
  readonly reference: ImageReference;
  readonly registries: Registries;
  readonly platform: Platform;
  readonly credentials?: RegistryCredentials;
  readonly patience?: Patience;
}

export interface ImportWork {
  readonly kind: "import";
  readonly path: string;
  readonly platform: Platform;
}

/** Which of these layers are damaged; `thorough` ones are read to the last byte. */
export interface CheckWork {
  readonly kind: "check";
  readonly layers: readonly Digest[];
  /** Layers of this run of the site and before are trusted but for the sizes of their files. */
  readonly trustedRun: number;
}

/** Removes layers: damaged ones. */
export interface DropWork {
  readonly kind: "drop";
  readonly layers: readonly Digest[];
}

/** Removes all layers but those that are needed, or were fetched for an image that did not come whole. */
export interface CollectWork {
  readonly kind: "collect";
  readonly needed: readonly Digest[];
  /** Layers of images that were removed: these do not stay for another try. */
  readonly unwanted: readonly Digest[];
}

export type Work = PullWork | ImportWork | CheckWork | DropWork | CollectWork;

/** An image whose layers are all on disk. */
export interface TakenImage {
  readonly config: string;
  readonly names: readonly string[];
  /** Of its manifest or index at its registry. */
  readonly digest?: Digest;
  /** The lowest first. */
  readonly layers: readonly LayerFacts[];
}

export interface WorkResult {
  readonly images: readonly TakenImage[];
  readonly damaged: readonly Digest[];
}

/** To the thread. */
export type ToThread =
  | { readonly kind: "setting"; readonly setting: WorkSetting }
  | { readonly kind: "work"; readonly id: number; readonly work: Work }
  | { readonly kind: "abort"; readonly id: number };

/** From the thread. */
export type FromThread =
  | { readonly kind: "progress"; readonly id: number; readonly progress: ImageProgress }
  | { readonly kind: "done"; readonly id: number; readonly result: WorkResult }
  | {
      readonly kind: "failed";
      readonly id: number;
      readonly message: string;
      /** A reason for people, not a defect. */
      readonly isTold: boolean;
    };
