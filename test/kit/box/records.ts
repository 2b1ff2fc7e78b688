import type { Box } from "./box.ts";

/** A container that writes down what it finds, and what a process finds that joins it. */
export interface Recorder {
  readonly name: string;
  /** Shell for its first process. */
  readonly first: string;
  /** Shell for the process that joins it. */
  readonly joined: string;
  /** Mounts of its pod's volumes beside that of the records. */
  readonly volumes?: readonly object[];
  /** More fields of the container. */
  readonly fields?: object;
}

/** The volume that recorders write into; their pod has it. */
export const RECORDS = { name: "records", emptyDir: {} } as const;

/** How many seconds of the box's own a record may take. */
const PATIENCE = 60;
/** What the runtime has noted of containers, why one did not start among it. */
const CONTAINERS = "/var/lib/edgesite/store/containers/*/record.json";
/** Its directory on the box, by a pattern. */
const DIRECTORY = "/var/lib/edgesite/pods/*/volumes/kubernetes.io~empty-dir/records";

/** The container of a pod; each of its two records is there once it is whole. */
export function recorder({ name, first, joined, volumes = [], fields }: Recorder) {
  const record = (script: string, file: string) =>
    `{ ${script}; } >/records/${file}.new 2>&1; mv /records/${file}.new /records/${file}`;
  return {
    name,
    image: "busybox:1.36",
    command: ["sh", "-c", `${record(first, `${name}.first`)}; exec sleep 100000`],
    lifecycle: {
      postStart: { exec: { command: ["sh", "-c", record(joined, `${name}.joined`)] } },
    },
    volumeMounts: [{ name: RECORDS.name, mountPath: "/records" }, ...volumes],
    ...fields,
  };
}

/** Waits on the box for the records of a container, and answers them. */
export async function recordsOf(
  box: Box,
  name: string,
): Promise<{ readonly first: string; readonly joined: string }> {
  const read = async (file: string): Promise<string> => {
    const path = `${DIRECTORY}/${file}`;
    await box.output(`for i in $(seq ${PATIENCE}); do [ ! -e ${path} ] || break; sleep 1; done`);
    const { exitCode, output } = await box.run(`cat ${path}`);
    if (exitCode === 0) return output;
    throw new Error(`No ${file}: ${await box.output(`cat ${CONTAINERS}`)}`);
  };
  return { first: await read(`${name}.first`), joined: await read(`${name}.joined`) };
}
