import { DEFAULT_DATA_DIR } from "#cli/paths.ts";
import { version } from "./version.ts";

/** Where a site is, for the lines that people paste. */
export interface Whereabouts {
  readonly nodeName: string;
  readonly port: number;
  readonly kubeconfig: string;
  readonly dataDir: string;
  readonly binary: string;
  /** The person at the terminal is not root and reads root's files through sudo. */
  readonly throughSudo: boolean;
}

/** What has come up. */
export interface Arrival extends Whereabouts {
  readonly runtime: string;
  /** Where archives of images are taken in; absent: there are images, or an engine has its own. */
  readonly emptyImages?: string;
}

/** Six lines of what to do next; each can be pasted. */
export function welcome(where: Arrival, elapsed: string): string {
  const { nodeName, port, kubeconfig, throughSudo, runtime, emptyImages } = where;
  const here = commandOf(where);
  const credentials = throughSudo
    ? `${here("kubeconfig --merge")} && kubectl config use-context edgesite`
    : `export KUBECONFIG=${kubeconfig}`;
  return `
edgesite ${version.edgesite} is up after ${elapsed.trim()}: node ${nodeName}, ${runtime} runtime, API on https://127.0.0.1:${port}
Next, in another terminal:
  ${credentials}
  kubectl get nodes
  kubectl create deployment hello --image=busybox:1.36 --replicas=3 -- httpd -f -p 8080
  kubectl expose deployment hello --port=80 --target-port=8080
  kubectl get pods,services -o wide
  ${here("status")}
${emptyImages === undefined ? "" : `There are no images yet: pods pull theirs; without a registry, copy archives into ${emptyImages}\n`}Ctrl-C stops edgesite; pods go on.
`;
}

/** Which pods go on, and what ends them. */
export function farewell(where: Whereabouts, pods: readonly string[]): string {
  if (pods.length === 0) return "edgesite has stopped; no pods were running\n";
  const end = commandOf(where)("stop --workloads");
  return `edgesite has stopped. These pods go on: ${pods.join(", ")}\nThis ends them: ${end}\n`;
}

/** The command line that runs this binary on the same site. */
function commandOf({ binary, dataDir, throughSudo }: Whereabouts): (command: string) => string {
  const where = dataDir === DEFAULT_DATA_DIR ? "" : ` --data-dir ${dataDir}`;
  return (command) => `${throughSudo ? "sudo " : ""}${binary} ${command}${where}`;
}
