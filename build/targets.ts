import { $ } from "bun";

/** A platform that edgesite is built for. */
export interface Target {
  readonly name: `linux-${"arm64" | "x64"}${"" | "-musl"}`;
  /** The npm package that carries Bun for it. */
  readonly bunPackage: string;
}

export const TARGETS: readonly Target[] = [
  { name: "linux-x64", bunPackage: "@oven/bun-linux-x64" },
  { name: "linux-arm64", bunPackage: "@oven/bun-linux-aarch64" },
  { name: "linux-x64-musl", bunPackage: "@oven/bun-linux-x64-musl" },
  { name: "linux-arm64-musl", bunPackage: "@oven/bun-linux-aarch64-musl" },
];

/** The platform of this machine. */
export function hostTarget(): Target {
  const name = process.arch === "arm64" ? "linux-arm64" : "linux-x64";
  return TARGETS.find((target) => target.name === name) ?? unknownTarget(name);
}

export function unknownTarget(name: string): never {
  const known = TARGETS.map((target) => target.name).join(", ");
  throw new RangeError(`Cannot build for '${name}': known targets are ${known}`);
}

/** The path of Bun for a target: installed, or taken from its npm package into `.cache`. */
export async function bunFor({ bunPackage }: Target, root: string): Promise<string> {
  const installed = `${root}/node_modules/${bunPackage}/bin/bun`;
  if (await Bun.file(installed).exists()) return installed;
  const directory = `${root}/.cache/${bunPackage}-${Bun.version}`;
  const unpacked = `${directory}/package/bin/bun`;
  if (await Bun.file(unpacked).exists()) return unpacked;
  await $`mkdir -p ${directory}`;
  await $`npm pack --silent --pack-destination ${directory} ${bunPackage}@${Bun.version}`.quiet();
  const [archive] = [...new Bun.Glob("*.tgz").scanSync(directory)];
  if (archive === undefined) throw new Error(`Cannot fetch ${bunPackage}@${Bun.version}`);
  await $`tar -xzf ${directory}/${archive} -C ${directory}`;
  await $`rm ${directory}/${archive}`;
  return unpacked;
}
