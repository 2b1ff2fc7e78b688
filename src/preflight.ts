import { Control } from "#cli/control.ts";
import type { Requirement } from "#cli/site.ts";
import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import { noImages } from "#edged/runtime/native/no-images.ts";
import { explain } from "#lib/errors.ts";
import { silentLogger } from "#lib/log.ts";
import { probeCgroups } from "#linux/probe/cgroups.ts";
import { type Finding, findingOf } from "#linux/probe/finding.ts";
import { probeForwarding } from "#linux/probe/firewall.ts";
import { probeIsolated } from "#linux/probe/isolated.ts";
import { probeKernel, probeOpenBeneath, probeSeccomp } from "#linux/probe/kernel.ts";
import { probePorts } from "#linux/probe/ports.ts";
import { probePrivilege } from "#linux/probe/privilege.ts";
import { existingPart, probeStorage } from "#linux/probe/storage.ts";
import { createRuntime } from "./site-runtime.ts";

/** How long a Docker Engine may take to answer. */
const ENGINE_MS = 5000;
/** A clock that says less was never set. */
const FIRST_YEAR = 2025;

export interface PreflightOptions {
  readonly config: EdgeSiteConfig;
  /** `DOCKER_HOST` */
  readonly dockerHost: string | undefined;
  readonly now: Date;
}

/**
 * Looks at everything that a site needs of its host, and leaves nothing behind. What only the
 * native runtime needs is a note where an engine runs the containers.
 */
export async function preflight(
  options: PreflightOptions,
  signal: AbortSignal,
): Promise<readonly Requirement[]> {
  const { config, now } = options;
  const { finding, native } = await probeRuntime(options, signal);
  const findings = [
    probePrivilege(),
    probeKernel(),
    ...(await probeIsolated({ place: existingPart(config.dataDir) }, signal)),
    probeCgroups(),
    probeSeccomp(),
    probeOpenBeneath(),
    ...probeStorage(config.dataDir),
    ...((await runs(config)) ? [] : probePorts(config.apiServer.port)),
    ...probeForwarding(),
    probeClock(now),
    finding,
  ];
  return findings.map(({ neededBy, ...rest }) =>
    rest.state === "failed" && neededBy === "native" && !native ? { ...rest, state: "note" } : rest,
  );
}

interface RuntimeFinding {
  readonly finding: Finding;
  /** Whether containers would run without an engine. */
  readonly native: boolean;
}

async function probeRuntime(
  { config, dockerHost }: PreflightOptions,
  signal: AbortSignal,
): Promise<RuntimeFinding> {
  const { ok, failed } = findingOf("runtime", "site");
  const wanted = config.runtime.name;
  if (wanted === "native") return { finding: ok("native, as configured"), native: true };
  const runtime = createRuntime({
    ...{ name: "docker", config: config.runtime, dockerHost, log: silentLogger },
    // Nothing carries this ID: nothing is found, nothing touched.
    siteId: "check",
    ...{ storeDirectory: "", images: noImages("") },
  });
  try {
    await runtime.list(AbortSignal.any([signal, AbortSignal.timeout(ENGINE_MS)]));
  } catch (error) {
    signal.throwIfAborted();
    if (wanted === "auto") {
      return { finding: ok(`native (${explain(error)})`), native: true };
    }
    const advice = "Start the Docker Engine, or let --runtime be auto";
    return { finding: failed(explain(error), advice), native: false };
  }
  const engine = runtime.engine();
  const version = engine.reachable ? ` ${engine.version}` : "";
  return { finding: ok(`docker${version}`), native: false };
}

/** Whether a site runs on the data directory already, which has the ports then. */
async function runs({ dataDir }: EdgeSiteConfig): Promise<boolean> {
  try {
    return (await Control.find(dataDir)) !== undefined;
  } catch {
    // One that this user may not speak to.
    return true;
  }
}

function probeClock(now: Date): Finding {
  const { ok, note } = findingOf("clock", "site");
  if (now.getUTCFullYear() >= FIRST_YEAR) return ok(now.toISOString());
  return note(
    now.toISOString(),
    "Let NTP set it: until then the site goes by the latest time that it has seen, and certificates of others may not hold",
  );
}
