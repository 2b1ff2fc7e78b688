import { qualifiedName } from "./names.ts";

/** True for memory in large pages, of which nobody can be promised what is not there. */
export const isHugePages = (name: string): boolean => name.startsWith("hugepages-");

/** `example.com/gpu`: a name of an owner. */
export const isQualified = (name: string): boolean => name.includes("/");

/** True for what is Kubernetes' own. */
export const isNative = (name: string): boolean =>
  !isQualified(name) || name.includes("kubernetes.io/");

/** True for what somebody else's node can have, whose quota is that name after `requests.`. */
export const isExtended = (name: string): boolean =>
  !isNative(name) &&
  !name.startsWith("requests.") &&
  qualifiedName(`requests.${name}`).length === 0;

/** True for what may be promised to more than can have it. */
export const mayOvercommit = (name: string): boolean => isNative(name) && !isHugePages(name);
