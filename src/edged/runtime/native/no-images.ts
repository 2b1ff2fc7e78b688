import type { ContainerImages } from "./native-site.ts";

/** For who only ends and removes what runs: there are no images, and nothing can be made. */
export function noImages(layersDirectory: string): ContainerImages {
  const refuse = (): never => {
    throw new Error("There are no images: the site does not run");
  };
  return {
    layersDirectory,
    list: () => [],
    find: () => undefined,
    pull: async () => refuse(),
    ensureWhole: async () => refuse(),
    hold: refuse,
  };
}
