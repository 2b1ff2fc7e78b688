/** What the process that holds a pod's namespaces gets of the node, as kubelet has it for pause. */
export const SANDBOX_PROCESS = {
  /** The least there is: it waits. */
  cpuShares: 2,
  /** The last to be killed when memory runs out. */
  oomScoreAdj: -998,
} as const;
