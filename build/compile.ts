/**
 * Builds `dist/edgesite`, or `dist/edgesite-<target>` for each target named on the command line
 * (`all` for every one).
 */
import { $ } from "bun";
import { cutZeros } from "./bss.ts";
import { packTables } from "./pack.ts";
import { programs } from "./programs.ts";
import { slim } from "./slim.ts";
import { bunFor, hostTarget, TARGETS, type Target, unknownTarget } from "./targets.ts";
import { undici } from "./undici.ts";
import { findThreads } from "./workers.ts";

const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

async function buildInfo(): Promise<string> {
  const { version } = await Bun.file(`${root}/package.json`).json();
  const revision = await $`git -C ${root} rev-parse --short HEAD`.quiet().nothrow().text();
  const buildTime = new Date().toISOString();
  return JSON.stringify({ version, revision: revision.trim() || "unknown", buildTime });
}

/** Bun reads these of the directory that it is started in; a bunfig.toml may name code to run first. */
const NOTHING_OF_THE_DIRECTORY = {
  autoloadBunfig: false,
  autoloadDotenv: false,
  autoloadPackageJson: false,
  autoloadTsconfig: false,
};

const tables = await packTables(root);

async function compile(target: Target, outfile: string): Promise<void> {
  const { entrypoints, plugin } = await findThreads(`${root}/src`);
  const result = await Bun.build({
    entrypoints: [`${root}/src/main.ts`, ...entrypoints],
    root: `${root}/src`,
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    splitting: true,
    define: { EDGESITE_BUILD: await buildInfo() },
    plugins: [programs, slim, tables, undici, plugin],
    compile: {
      outfile,
      // What `process.arch` is: without it Bun puts that of this machine in its place.
      target: `bun-${target.name}`,
      executablePath: await bunFor(target, root),
      ...NOTHING_OF_THE_DIRECTORY,
    },
  });
  for (const log of result.logs) console.error(String(log));
  if (!result.success) throw new Error(`Cannot build ${outfile}`);
  cutZeros(outfile);
  const { size } = Bun.file(outfile);
  console.log(`${outfile.slice(root.length + 1)}: ${(size / 1024 / 1024).toFixed(1)} MiB`);
}

const names = process.argv.slice(2);
if (names.length === 0) {
  await compile(hostTarget(), `${root}/dist/edgesite`);
} else {
  const wanted = names.includes("all")
    ? TARGETS
    : names.map((name) => TARGETS.find((one) => one.name === name) ?? unknownTarget(name));
  await Promise.all(
    wanted.map((target) => compile(target, `${root}/dist/edgesite-${target.name}`)),
  );
}
