/** Before a container's AppArmor profile, a pod's seccomp profile and a container's were fields. */
export const APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";
export const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
export const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";

export const UNCONFINED = "unconfined";
export const RUNTIME_DEFAULT = "runtime/default";
/** What stands before a profile of the node's own. */
export const LOCALHOST = "localhost/";
