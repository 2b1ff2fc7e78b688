import type { BunPlugin } from "bun";

/** How the source starts a thread: `new Worker(new URL("./writer-thread.ts", import.meta.url).href)`. */
const THREAD = /new URL\("\.\/([\w-]+)\.ts", import\.meta\.url\)\.href/g;

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

export interface Threads {
  /** The files that run as threads: entry points of their own. */
  readonly entrypoints: readonly string[];
  readonly plugin: BunPlugin;
}

/**
 * Finds the threads that files under `root` start, and points each start at the place where the
 * compiled binary keeps the thread: below its own root, at the path that it has below `root`.
 */
export async function findThreads(root: string): Promise<Threads> {
  const entrypoints = new Set<string>();
  const starters = new Set<string>();
  for (const file of new Bun.Glob("**/*.ts").scanSync(root)) {
    if (file.endsWith(".test.ts")) continue;
    const path = `${root}/${file}`;
    for (const [, name] of (await Bun.file(path).text()).matchAll(THREAD)) {
      entrypoints.add(`${directoryOf(path)}/${name}.ts`);
      starters.add(path);
    }
  }
  const plugin: BunPlugin = {
    name: "threads",
    setup(build) {
      build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
        const source = await Bun.file(path).text();
        if (!starters.has(path)) return { contents: source, loader: "ts" };
        const below = directoryOf(path).slice(root.length + 1);
        const contents = source.replace(THREAD, (_, name: string) =>
          JSON.stringify(`/$bunfs/root/${below}/${name}.js`),
        );
        return { contents, loader: "ts" };
      });
    },
  };
  return { entrypoints: [...entrypoints], plugin };
}
