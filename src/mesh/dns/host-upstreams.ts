import { readFileSync, statSync } from "node:fs";
import { parseResolvConf, parseUpstreams, type Upstream } from "./upstreams.ts";

export interface HostUpstreamsOptions {
  /** Servers from the configuration; they stand in place of the file's. */
  readonly configured: readonly string[];
  /** The host's resolv.conf. */
  readonly path: string;
  /** Our own addresses, which may stand in there. */
  readonly own: ReadonlySet<string>;
}

/**
 * The name servers of this host. The file is looked at when a question is to be forwarded, and
 * read again when it has changed: a box that moves to another network follows.
 */
export function hostUpstreams({ configured, path, own }: HostUpstreamsOptions) {
  const fixed = parseUpstreams(configured, own);
  let readAtMs = -1;
  let found: readonly Upstream[] = [];
  return (): readonly Upstream[] => {
    if (fixed.length > 0) return fixed;
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return [];
    if (stat.mtimeMs !== readAtMs) {
      found = parseResolvConf(readFileSync(path, "utf8"), own);
      readAtMs = stat.mtimeMs;
    }
    return found;
  };
}
