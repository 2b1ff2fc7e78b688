/**
 * How many processes and threads a pod may have (docker: each of its containers), kubelet's
 * `podPidsLimit`, which does not bound them: what OpenShift bounds them to, so that a pod that only
 * forks does not take the box along.
 */
export const PIDS_LIMIT = 4096;
