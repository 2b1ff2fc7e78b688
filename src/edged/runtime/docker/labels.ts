import type { ContainerSpec, PodRef, SandboxSpec } from "../types.ts";

/** The labels that kubelet's Docker driver put on containers, and ours; other tools read them too. */
export const label = {
  site: "edgesite.io/site",
  image: "edgesite.io/image",
  type: "io.kubernetes.docker.type",
  podName: "io.kubernetes.pod.name",
  podNamespace: "io.kubernetes.pod.namespace",
  podUid: "io.kubernetes.pod.uid",
  containerName: "io.kubernetes.container.name",
  sandboxId: "io.kubernetes.sandbox.id",
  restartCount: "annotation.io.kubernetes.container.restartCount",
  terminationMessageFile: "annotation.io.kubernetes.container.terminationMessagePath",
} as const;

export const SANDBOX_TYPE = "podsandbox";
export const CONTAINER_TYPE = "container";

type Labels = Record<string, string>;

export function sandboxLabels(siteId: string, { pod, attempt, labels }: SandboxSpec): Labels {
  return {
    ...labels,
    ...podLabels(siteId, pod),
    [label.type]: SANDBOX_TYPE,
    [label.containerName]: "POD",
    [label.restartCount]: String(attempt),
  };
}

export interface ContainerHome {
  readonly siteId: string;
  readonly sandboxId: string;
  readonly pod: PodRef;
}

export function containerLabels(home: ContainerHome, spec: ContainerSpec): Labels {
  return {
    ...podLabels(home.siteId, home.pod),
    [label.type]: CONTAINER_TYPE,
    [label.containerName]: spec.name,
    [label.sandboxId]: home.sandboxId,
    [label.restartCount]: String(spec.attempt),
    [label.image]: spec.image,
    ...(spec.terminationMessageFile !== undefined && {
      [label.terminationMessageFile]: spec.terminationMessageFile,
    }),
  };
}

/** `k8s_<container>_<pod>_<namespace>_<uid>_<attempt>`; `POD` is the sandbox. */
export function containerName(
  container: string,
  { name, namespace, uid }: PodRef,
  attempt: number,
) {
  return ["k8s", container, name, namespace, uid, attempt].join("_");
}

export function podOf(labels: Readonly<Labels>): PodRef {
  return {
    namespace: labels[label.podNamespace] ?? "",
    name: labels[label.podName] ?? "",
    uid: labels[label.podUid] ?? "",
  };
}

function podLabels(siteId: string, pod: PodRef): Labels {
  return {
    [label.site]: siteId,
    [label.podName]: pod.name,
    [label.podNamespace]: pod.namespace,
    [label.podUid]: pod.uid,
  };
}
