import { fileURLToPath } from "node:url";
import type { BunPlugin } from "bun";

const SHIM = fileURLToPath(new URL("./undici-shim.ts", import.meta.url));

/**
 * Gives @kubernetes/client-node the shim instead of Bun's built-in `undici`. Neither resolver
 * plugins nor paths reach a built-in, so the import statement itself is rewritten.
 */
export const undici: BunPlugin = {
  name: "undici",
  setup(build) {
    build.onLoad({ filter: /@kubernetes\/client-node\/dist\/.*\.js$/ }, async ({ path }) => {
      const source = await Bun.file(path).text();
      const contents = source.replaceAll("from 'undici'", `from ${JSON.stringify(SHIM)}`);
      return { contents, loader: "js" };
    });
  },
};
