import { basename } from "node:path";
import type { BunPlugin } from "bun";

const LEVEL = 22;
const TABLES = [
  "src/api/data/kubernetes-protobuf.json",
  "src/api/generated/schema.json",
  "src/linux/seccomp/data/moby-default.json",
  "src/linux/seccomp/generated/syscalls.json",
];

/**
 * Packs the tables of JSON that the source imports as text: the binary has them as Zstandard and
 * unpacks them when it loads them. The packed files are left in `dist/tables`.
 */
export async function packTables(root: string): Promise<BunPlugin> {
  const packed = new Map<string, string>();
  for (const table of TABLES) {
    const file = `${root}/dist/tables/${basename(table)}.zst`;
    const text = await Bun.file(`${root}/${table}`).bytes();
    await Bun.write(file, Bun.zstdCompressSync(text, { level: LEVEL }));
    packed.set(`${root}/${table}`, file);
  }
  return {
    name: "pack-tables",
    setup(build) {
      build.onLoad({ filter: /\.json$/ }, ({ path }) => {
        const file = packed.get(path);
        if (file === undefined) return undefined;
        const contents = `import { readFileSync } from "node:fs";
          import file from ${JSON.stringify(file)} with { type: "file" };
          export default new TextDecoder().decode(Bun.zstdDecompressSync(readFileSync(file)));`;
        return { contents, loader: "js" };
      });
    },
  };
}
