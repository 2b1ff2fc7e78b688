import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import type { Arch } from "#linux/syscalls.ts";
import { pauseProgram } from "../pause/pause-program.ts";

const BUILT = "1970-01-01T00:00:00Z";

interface Entry {
  readonly name: string;
  readonly content: Uint8Array | string;
  readonly mode: number;
}

/** A docker-archive with one image whose only file is the pause program. The same bytes every time. */
export async function pauseImageArchive(name: string, arch: Arch): Promise<Uint8Array> {
  const layer = await tar([{ name: "pause", content: pauseProgram(arch), mode: 0o755 }]);
  const config = JSON.stringify({
    architecture: arch === "x64" ? "amd64" : arch,
    os: "linux",
    created: BUILT,
    config: { Entrypoint: ["/pause"], User: "65535:65535" },
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
    history: [{ created: BUILT, created_by: "edgesite" }],
  });
  const configFile = `${sha256(config)}.json`;
  const manifest = JSON.stringify([
    { Config: configFile, RepoTags: [name], Layers: ["layer.tar"] },
  ]);
  return tar([
    { name: "layer.tar", content: layer, mode: 0o644 },
    { name: configFile, content: config, mode: 0o644 },
    { name: "manifest.json", content: manifest, mode: 0o644 },
  ]);
}

function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

async function tar(entries: readonly Entry[]): Promise<Uint8Array> {
  const archive = pack();
  for (const { name, content, mode } of entries) {
    archive.entry({ name, mode, mtime: new Date(0) }, Buffer.from(content));
  }
  archive.finalize();
  return buffer(archive);
}
