import { constants } from "node:os";
import { containerCapabilities } from "#linux/capabilities.ts";
import type { ImageConfig } from "../../image/image-config.ts";
import type { ContainerSpec } from "../types.ts";
import { type ImageFile, resolveUser } from "./image-user.ts";
import type { ContainerProcess } from "./program/process.ts";
import type { IdRange } from "./users/id-ranges.ts";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface ProcessInput {
  readonly spec: ContainerSpec;
  readonly config: ImageConfig;
  /** What `hostname` prints in the container. */
  readonly hostname: string;
  readonly imageFile: ImageFile;
  /** The host's IDs that stand for the pod's. Absent: they are the same. */
  readonly users?: IdRange;
}

/** What a container is to be apart from its filter of system calls: the pod's wishes over the image's. */
export async function containerProcess(input: ProcessInput): Promise<ContainerProcess> {
  const { spec, config, imageFile, users } = input;
  const { security } = spec;
  const user = await resolveUser(security.user ?? config.User ?? "", imageFile);
  const groups = [...new Set([...user.groups, ...security.supplementalGroups])];
  if (users) expectAmong(users, { users: [user.uid], groups: [user.gid, ...groups] });
  const capabilities = containerCapabilities({
    add: security.addCapabilities,
    drop: security.dropCapabilities,
    privileged: security.privileged,
  });
  return {
    argv: commandLine(spec, config),
    env: environment(input, user.home),
    workingDir: spec.workingDir || config.WorkingDir || "/",
    uid: user.uid,
    gid: user.gid,
    groups,
    capabilities: [...capabilities],
    noNewPrivileges: !security.allowPrivilegeEscalation,
    ...(users && { users }),
  };
}

interface Ids {
  readonly users: readonly number[];
  readonly groups: readonly number[];
}

/** @throws for an ID that the pod's user namespace does not have. */
function expectAmong({ count }: IdRange, { users, groups }: Ids): void {
  const user = users.find((id) => id >= count);
  const group = groups.find((id) => id >= count);
  if (user === undefined && group === undefined) return;
  const what = user === undefined ? `group ${group}` : `user ${user}`;
  throw new Error(`There is no ${what} in the pod's user namespace: the highest is ${count - 1}`);
}

/**
 * A command of the pod replaces the image's entrypoint and its arguments; arguments alone only those.
 * @throws when neither says what to run.
 */
function commandLine({ command, args, image }: ContainerSpec, config: ImageConfig): string[] {
  const argv = [
    ...(command ?? config.Entrypoint ?? []),
    ...(args ?? (command ? [] : (config.Cmd ?? []))),
  ];
  if (argv.length === 0) {
    throw new Error(`no command specified: neither the pod nor the image ${image} names one`);
  }
  return argv;
}

function environment({ spec, config, hostname }: ProcessInput, home: string) {
  const ofImage = Object.fromEntries(
    (config.Env ?? []).map((pair) => {
      const [name = "", ...rest] = pair.split("=");
      return [name, rest.join("=")];
    }),
  );
  return {
    PATH: DEFAULT_PATH,
    HOSTNAME: hostname,
    ...(spec.tty && { TERM: "xterm" }),
    HOME: home,
    ...ofImage,
    ...spec.env,
  };
}

/** The signal that asks a container to end: the image's `STOPSIGNAL`, by name or number. */
export function stopSignalOf({ StopSignal = "" }: ImageConfig): number {
  if (/^\d+$/.test(StopSignal)) return Number(StopSignal);
  const name = StopSignal.startsWith("SIG") ? StopSignal : `SIG${StopSignal}`;
  const known = Object.entries(constants.signals).find(([signal]) => signal === name);
  return known?.[1] ?? constants.signals.SIGTERM;
}
