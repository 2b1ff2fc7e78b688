import type { Version } from "#cli/site.ts";
import type { VersionInfo } from "#serve/api-options.ts";

/** Filled in by the build script. */
declare const EDGESITE_BUILD:
  | { readonly version: string; readonly revision: string; readonly buildTime: string }
  | undefined;

/** The Kubernetes whose API is served. */
const KUBERNETES = "1.36.0";

const build =
  typeof EDGESITE_BUILD === "undefined"
    ? { version: "0.0.0-dev", revision: "unknown", buildTime: "1970-01-01T00:00:00.000Z" }
    : EDGESITE_BUILD;

/** `v1.36.0+edgesite.0.1.0`: what `/version` and nodeInfo say. */
const gitVersion = `v${KUBERNETES}+edgesite.${build.version}`;

export const version: Version = {
  edgesite: build.version,
  kubernetes: gitVersion,
  revision: build.revision,
  buildTime: build.buildTime,
};

/** The answer of `/version`. */
export function versionInfo(platform: string): VersionInfo {
  const [major = "", minor = ""] = KUBERNETES.split(".");
  return {
    major,
    minor,
    gitVersion,
    gitCommit: build.revision,
    gitTreeState: "clean",
    buildDate: `${build.buildTime.slice(0, 19)}Z`,
    goVersion: `bun${Bun.version}`,
    compiler: "bun",
    platform,
  };
}
