import type { Requirement } from "#cli/site.ts";
import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import { Engine } from "#edged/runtime/docker/engine.ts";
import { explain } from "#lib/errors.ts";
import { probeCgroups } from "#linux/probe/cgroups.ts";
import { probeConfinement } from "#linux/probe/confinement.ts";
import { type Finding, findingOf } from "#linux/probe/finding.ts";
import { probeForwarding } from "#linux/probe/firewall.ts";
import { probeIsolated } from "#linux/probe/isolated.ts";
import { probeKernel, probeOpenBeneath, probeSeccomp } from "#linux/probe/kernel.ts";
import { probePorts } from "#linux/probe/ports.ts";
import { probePrivilege } from "#linux/probe/privilege.ts";
import { existingPart, probeStorage } from "#linux/probe/storage.ts";
import { engineAddress, type RuntimeName, suitableRuntime } from "./site-runtime.ts";

/** How long a Docker Engine may take to answer. */
const ENGINE_MS = 5000;
/** A clock that says less was never set. */
const FIRST_YEAR = 2025;

export interface PreflightOptions {
  readonly config: EdgeSiteConfig;
  /** `DOCKER_HOST` */
  readonly dockerHost: string | undefined;
  /** Whether a site runs on the data directory already, which has the ports then. */
  readonly running: boolean;
  /** What the site of the data directory, if there is one, runs its containers with. */
  readonly decided: RuntimeName | undefined;
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
  const { config, running, now } = options;
  const { finding, native } = await probeRuntime(options, signal);
  const findings = [
    probePrivilege(),
    probeKernel(),
    ...(await probeIsolated({ place: existingPart(config.dataDir) }, signal)),
    probeCgroups(),
    probeSeccomp(),
    probeConfinement(),
    probeOpenBeneath(),
    ...probeStorage(config.dataDir),
    ...(running ? [] : probePorts(config.apiServer.port)),
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
  { config, dockerHost, decided }: PreflightOptions,
  signal: AbortSignal,
): Promise<RuntimeFinding> {
  const { ok, failed } = findingOf("runtime", "site");
  const wish = { config: config.runtime, dockerHost };
  const address = engineAddress(wish);
  const [name, why] =
    config.runtime.name !== "auto"
      ? [config.runtime.name, "as configured"]
      : decided !== undefined
        ? [decided, "as decided at the first start"]
        : [await suitableRuntime(wish, signal), undefined];
  if (name === "native") {
    return { finding: ok(`native, ${why ?? `no engine answers at ${address}`}`), native: true };
  }
  try {
    await new Engine(address).ping(signal, ENGINE_MS);
    return { finding: ok(`docker at ${address}${why ? `, ${why}` : ""}`), native: false };
  } catch (error) {
    signal.throwIfAborted();
    const advice = "Start the Docker Engine, or choose --runtime native";
    return { finding: failed(explain(error), advice), native: false };
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
