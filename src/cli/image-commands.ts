import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { explain, UserError } from "#lib/errors.ts";
import { Control } from "./control.ts";
import { configOf, EX_USAGE, type Flags, textOf, withDataDir } from "./flags.ts";
import type { ImageRow } from "./image-lines.ts";
import type { Io } from "./io.ts";
import { textTable } from "./text-table.ts";
import { mib, TransferView } from "./transfer-view.ts";

/** `edgesite images` and what is below it: all of it asks the site that runs. */
export function addImageCommands(program: Command, { io }: { readonly io: Io }): void {
  const images = withDataDir(program.command("images")).description(
    "the images on this box: list, fetch, take in, give back; asks the site that runs",
  );
  images
    .command("ls")
    .description("list the images that are here")
    .option("-o, --output <format>", "text or json", "text")
    .action(async (_: Flags, command: Command) => {
      const flags: Flags = command.optsWithGlobals();
      const rows = await (await siteOf(flags, io)).images();
      io.out(flags["output"] === "json" ? `${JSON.stringify(rows, null, 2)}\n` : imageTable(rows));
    });
  images
    .command("pull <name>")
    .description("fetch an image from its registry")
    .option("--platform <os/arch>", "for another machine than this one: linux/arm/v7")
    .action(async (name: string, _: Flags, command: Command) => {
      const flags: Flags = command.optsWithGlobals();
      const platform = textOf(flags["platform"]);
      const view = new TransferView(io);
      const site = await siteOf(flags, io);
      const wish = { name, ...(platform !== undefined && { platform }) };
      const done = await site.pullImage(wish, (progress) => view.show(progress));
      io.out(`${done.join("\n")}\n`);
    });
  images
    .command("import <archive...>")
    .description("take in archives: of 'docker save', or OCI layouts; plain, gzip or zstd")
    .action(async (paths: string[], _: Flags, command: Command) => {
      const site = await siteOf(command.optsWithGlobals(), io);
      for (const path of paths) {
        const view = new TransferView(io);
        const done = await site.importImages(resolve(path), (progress) => view.show(progress));
        io.out(`${done.join("\n")}\n`);
      }
    });
  images
    .command("save <name...>")
    .description("write images into an archive for 'import' and 'docker load'")
    .requiredOption("-o, --output <file>", "the archive")
    .action(async (names: string[], _: Flags, command: Command) => {
      const flags: Flags = command.optsWithGlobals();
      const site = await siteOf(flags, io);
      await write(await site.saveImages(names), textOf(flags["output"]) ?? "");
    });
  addSmallCommands(images, io);
}

function addSmallCommands(images: Command, io: Io): void {
  images
    .command("rm <name...>")
    .description("take a name away, and with its last name the image")
    .action(async (names: string[], _: Flags, command: Command) => {
      const site = await siteOf(command.optsWithGlobals(), io);
      for (const name of names) await site.removeImage(name);
    });
  for (const [command, pinned, text] of [
    ["pin", true, "keep an image, however little room there is"],
    ["unpin", false, "let an image go when room is needed"],
  ] as const) {
    images
      .command(`${command} <name...>`)
      .description(text)
      .action(async (names: string[], _: Flags, own: Command) => {
        const site = await siteOf(own.optsWithGlobals(), io);
        for (const name of names) await site.pinImage(name, pinned);
      });
  }
}

function siteOf(flags: Flags, io: Io): Promise<Control> {
  return Control.running(configOf(flags, io).dataDir);
}

/** The file appears once all of it is there. */
async function write(archive: ReadableStream<Uint8Array>, path: string): Promise<void> {
  if (path === "") throw new UserError("-o: an archive must have a name", { exitCode: EX_USAGE });
  const part = `${path}.part`;
  try {
    await pipeline(Readable.from(archive), createWriteStream(part));
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw new UserError(`Cannot write ${path}: ${explain(error)}`, { cause: error });
  }
}

const SHORT_ID = 12;
const NONE = `No images are here. Pods pull what they name; 'edgesite images import ARCHIVE' takes one in\n`;

function imageTable(rows: readonly ImageRow[]): string {
  if (rows.length === 0) return NONE;
  return textTable([
    ["NAME", "ID", "SIZE", "PINNED"],
    ...rows.map(({ id, names, sizeBytes, pinned }) => [
      names.filter((name) => !name.includes("@")).join(",") || names[0] || "<none>",
      id.replace("sha256:", "").slice(0, SHORT_ID),
      mib(sizeBytes),
      pinned ? "yes" : "no",
    ]),
  ]);
}
