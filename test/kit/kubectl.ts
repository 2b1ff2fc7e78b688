import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { run } from "./process.ts";

/** A real kubectl of one version. */
export interface Kubectl {
  /** `1.20` */
  readonly version: string;
  /** Absolute, or `kubectl` for the one on PATH. */
  readonly path: string;
}

/** Where versioned binaries lie: the Google Cloud SDK, and what the gate unpacked from Debian. */
const FOLDERS = ["/usr/lib/google-cloud-sdk/bin", ".cache/foreign/kubectl"];
const VERSIONED = /^kubectl[.-](1\.\d+)$/;

/**
 * Every kubectl at hand, oldest first; binaries with a version in their name, because the one on
 * PATH may be a dispatcher. Where there are none, the one on PATH.
 */
export async function kubectls(): Promise<readonly Kubectl[]> {
  const found = FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder).flatMap((name) => {
      const [, version] = VERSIONED.exec(name) ?? [];
      return version === undefined ? [] : [{ version, path: resolve(folder, name) }];
    }),
  );
  const minor = ({ version }: Kubectl): number => Number(version.slice(2));
  if (found.length > 0) return found.toSorted((a, b) => minor(a) - minor(b));
  const { stdout } = await run(["kubectl", "version", "--client", "--output=json"]);
  const [, version = "1.0"] = /"gitVersion": "v(1\.\d+)/.exec(stdout) ?? [];
  return [{ version, path: "kubectl" }];
}

/** For what takes long: of every kubectl at hand the oldest and the newest. */
export async function oldestAndNewest(): Promise<readonly Kubectl[]> {
  const all = await kubectls();
  return all.filter((version) => version === all[0] || version === all.at(-1));
}

/** The newest kubectl at hand. */
export async function newestKubectl(): Promise<Kubectl> {
  const newest = (await kubectls()).at(-1);
  if (!newest) throw new Error("No kubectl is installed");
  return newest;
}
