import type { ForeignPart } from "#api/openapi/foreign.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { Backend } from "./proxy/backend.ts";

/** A version of a group that another server serves below this one. */
export interface RemoteVersion {
  readonly group: string;
  readonly version: string;
  /** How high the group, and the version in it, stand in discovery: the higher the earlier. */
  readonly groupPriority: number;
  readonly versionPriority: number;
  /** What it has, each an `APIResourceDiscovery` of `apidiscovery.k8s.io/v2`; the last that was known. */
  readonly resources: readonly object[];
  /** False: what it has now is not known. */
  readonly isCurrent: boolean;
  /** Path and query of its OpenAPI v3 document, where it has one. */
  readonly openApiV3?: string;
  /** What its OpenAPI v2 document says of it, where it has one. */
  readonly openApiV2?: ForeignPart;
}

/** APIs that other servers serve below this one (APIServices with a Service). */
export interface Aggregation {
  /** Another array after every change. */
  readonly versions: readonly RemoteVersion[];
  /**
   * Where a request goes that is for one of them, `"unavailable"` where that is nowhere now;
   * `undefined` for a path that is served here. `target` is path and query.
   */
  backendOf(target: string, user: UserInfo): Backend | "unavailable" | undefined;
}

/** Nobody serves below. */
export const ALONE: Aggregation = { versions: [], backendOf: () => undefined };
