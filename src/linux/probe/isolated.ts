import { abortable } from "#lib/abort.ts";
import type { NamespaceKind } from "../namespace.ts";
import { type Finding, findingOf, type Outcome } from "./finding.ts";
import { probeOwnUsers } from "./own-users.ts";

/** What the thread is asked to try. */
export interface IsolatedRequest {
  /** The directory that an overlay's layers would lie in. */
  readonly place: string;
}

/** How it ended. */
export type IsolatedOutcomes = Readonly<
  Record<NamespaceKind | "overlay" | "veth" | "bridge" | "dummy" | "nftables", Outcome>
>;

/** Of what needs a namespace that could not be made. */
export const UNTRIED = "not tried";

/** How long the kernel may take for all of it. */
const TRY_MS = 20_000;

/** What the kernel lets one do, tried for real on a thread that nothing of stays. */
export async function probeIsolated(
  request: IsolatedRequest,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  return findings(await tryAll(request, AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)])));
}

async function tryAll(request: IsolatedRequest, signal: AbortSignal): Promise<IsolatedOutcomes> {
  const worker = new Worker(new URL("./isolated-thread.ts", import.meta.url).href);
  try {
    const answer = Promise.withResolvers<IsolatedOutcomes>();
    worker.onmessage = ({ data }: MessageEvent<IsolatedOutcomes>) => answer.resolve(data);
    worker.onerror = ({ message }) => answer.reject(new Error(`Cannot try the kernel: ${message}`));
    worker.postMessage(request);
    return await abortable(answer.promise, signal);
  } finally {
    worker.terminate();
  }
}

const NATIVE_NAMESPACES = ["mount", "pid", "uts", "ipc", "cgroup"] as const;

function findings(outcomes: IsolatedOutcomes): readonly Finding[] {
  return [
    namespace("network", "site", outcomes.network),
    ...NATIVE_NAMESPACES.map((kind) => namespace(kind, "native", outcomes[kind])),
    probeOwnUsers(),
    overlay(outcomes.overlay),
    link("veth", outcomes.veth, "pods have no network without it"),
    ...serviceLinks(outcomes),
    nftables(outcomes.nftables),
  ];
}

function namespace(kind: NamespaceKind, neededBy: Finding["neededBy"], outcome: Outcome): Finding {
  const { ok, failed } = findingOf(`${kind} namespaces`, neededBy);
  if (outcome === undefined) return ok("work");
  const advice = outcome.includes("EPERM")
    ? "Run edgesite as root on the host, or in a container that is privileged"
    : "Use a kernel that has them";
  return failed(outcome, advice);
}

function overlay(outcome: Outcome): Finding {
  const { ok, failed } = findingOf("overlayfs", "native");
  if (outcome === undefined) return ok("works on the data directory's file system");
  if (outcome === UNTRIED) return failed(UNTRIED, UNTRIED_ADVICE);
  return failed(
    outcome,
    "Load the module (modprobe overlay), and keep the data directory on ext4, xfs or btrfs",
  );
}

function link(kind: string, outcome: Outcome, why: string): Finding {
  const { ok, failed } = findingOf(kind, "site");
  if (outcome === undefined) return ok("works");
  if (outcome === UNTRIED) return failed(UNTRIED, UNTRIED_ADVICE);
  return failed(outcome, `Load the module (modprobe ${kind}): ${why}`);
}

/** The addresses of Services lie on a dummy link, or on a bridge where the kernel has no dummies. */
function serviceLinks({ dummy, bridge }: IsolatedOutcomes): readonly Finding[] {
  const one = findingOf("dummy", "site");
  if (dummy === undefined) return [one.ok("works")];
  return [
    ...(dummy === UNTRIED
      ? []
      : [one.note(dummy, "Nothing to do: edgesite takes a bridge instead")]),
    link("bridge", bridge, "Services have no addresses without it or dummy"),
  ];
}

function nftables(outcome: Outcome): Finding {
  const { ok, failed } = findingOf("nf_tables", "site");
  if (outcome === undefined) return ok("works");
  if (outcome === UNTRIED) return failed(UNTRIED, UNTRIED_ADVICE);
  return failed(
    outcome,
    "Load the modules (modprobe nf_tables nft_chain_nat): pods need it to reach others",
  );
}

const UNTRIED_ADVICE = "First mend the namespaces";
