import { join } from "node:path";

/** The data directory of an installation that did not choose one. */
export const DEFAULT_DATA_DIR = "/var/lib/edgesite";

/** Where a site keeps what people look for; all below the data directory when that was chosen. */
export function sitePaths(dataDir: string): {
  readonly config: string;
  readonly kubeconfig: string;
  /** How image registries are reached, as k3s reads it. */
  readonly registries: string;
  readonly socket: string;
} {
  const etc = dataDir === DEFAULT_DATA_DIR ? "/etc/edgesite" : dataDir;
  return {
    config: join(etc, "edgesite.yaml"),
    kubeconfig: join(etc, "kubeconfig.yaml"),
    registries: join(etc, "registries.yaml"),
    socket: join(dataDir, "edgesite.sock"),
  };
}
