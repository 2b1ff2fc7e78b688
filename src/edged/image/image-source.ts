import type { ImageInfo, RegistryCredentials } from "../runtime/types.ts";

/** Where the images of pods come from: what every runtime has. */
export interface ImageSource {
  images(signal: AbortSignal): Promise<readonly ImageInfo[]>;
  /** An image that is here already, by any name or ID. */
  image(name: string, signal: AbortSignal): Promise<ImageInfo | undefined>;
  /** Fetches an image; rejects with the registry's words. */
  pullImage(
    name: string,
    credentials: RegistryCredentials | undefined,
    signal: AbortSignal,
  ): Promise<ImageInfo>;
}
