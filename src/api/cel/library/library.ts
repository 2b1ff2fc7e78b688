import type { Overload } from "../functions.ts";
import { NAMED_FORMATS } from "./formats.ts";
import { LISTS, OPTIONALS } from "./lists.ts";
import { NETWORK } from "./network.ts";
import { QUANTITIES } from "./quantities.ts";
import { SEMVER } from "./semver.ts";
import { STANDARD } from "./standard.ts";
import { STRINGS } from "./strings.ts";
import { TIME } from "./time.ts";
import { URLS } from "./urls.ts";

/** Every function that an expression in Kubernetes 1.36 may call, the authorizer's apart. */
export const KUBERNETES_LIBRARY: readonly Overload[] = [
  ...STANDARD,
  ...TIME,
  ...LISTS,
  ...STRINGS,
  ...OPTIONALS,
  ...QUANTITIES,
  ...NETWORK,
  ...URLS,
  ...SEMVER,
  ...NAMED_FORMATS,
];
