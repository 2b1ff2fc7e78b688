import type { Access } from "#api/access.ts";
import type { AuditPolicy } from "#api/audit/policy.ts";
import type { Catalog } from "#api/catalog.ts";
import type { NodeStreams } from "#api/node-streams.ts";
import type { Secret, ServiceAccount } from "#api/object.ts";
import type { UserInfo, Verbs } from "#api/verbs.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Metrics } from "#lib/metrics.ts";
import type { Timer } from "#lib/timer.ts";
import type { Api, ApiOptions, HealthCheck, VersionInfo } from "#serve/api-options.ts";
import type { AuditSink } from "#serve/audit/auditor.ts";
import type { Limits } from "#serve/request-limits.ts";
import type { FrontProxy } from "./aggregation/front-proxy.ts";
import type { TokenIssuer } from "./authentication/service-account-tokens.ts";
import type { Component } from "./strategies/component-statuses.ts";

export interface ApiServerOptions {
  readonly store: ObjectStore;
  readonly nodeStreams: NodeStreams;
  readonly openStream: ApiOptions["openStream"];
  readonly version: VersionInfo;
  readonly checks?: readonly HealthCheck[];
  /** What `componentstatuses` are of. Default: nothing. */
  readonly components?: readonly Component[];
  readonly log: Logger;
  readonly clock: Clock;
  /** Default: the system's. */
  readonly timer?: Timer;
  /** Where the API server counts what it does. Default: its own. */
  readonly metrics?: Metrics;
  /** What is recorded of requests, and where. Default: nothing is. */
  readonly audit?: { readonly policy: AuditPolicy; readonly sink: AuditSink };
  /** Default: the apiserver's. */
  readonly limits?: Limits;
  /** Bearer token of the user `edgesite-admin`. */
  readonly adminToken: string;
  /** Who issues the tokens of ServiceAccounts. */
  readonly tokens: TokenIssuer;
  /** By what API servers below this one know it. Default: keys that are kept nowhere. */
  readonly frontProxy?: FrontProxy;
  /** PEM of who issues client certificates, for API servers below this one. Default: they are not told. */
  readonly clientCa?: string;
  /** IPv4 range of ClusterIPs: `10.43.0.0/16`. */
  readonly serviceCidr: string;
  /** Where the Service `default/kubernetes` leads: the gateway address and the API port. */
  readonly advertise: { readonly address: string; readonly port: number };
  /** Ends watches and timers. */
  readonly signal: AbortSignal;
}

export interface ApiServer extends Api {
  /** What it serves, as that changes. */
  readonly catalog: Catalog;
  /** The API in process, as one user: same authorization, admission and validation, no JSON. */
  verbs(user: UserInfo): Verbs;
  /** Whether roles let a user do something. */
  allows(user: UserInfo, access: Access): boolean;
  /** A token for a Secret of type `kubernetes.io/service-account-token`. */
  tokenForSecret(account: ServiceAccount, secret: Secret): string;
  /** Creates what every cluster has: system namespaces, `default/kubernetes`. Call once the store is open. */
  bootstrap(): Promise<void>;
}

/** The API server's own user. */
export const API_SERVER: UserInfo = { name: "system:apiserver", groups: ["system:masters"] };

/** A component that calls the API in process, `kube-scheduler`: its role is bound to that user. */
export function componentUser(name: string): UserInfo {
  return { name: `system:${name}`, groups: ["system:authenticated"] };
}

/** A controller: a ServiceAccount of kube-system with the role `system:controller:<name>`. */
export function controllerUser(name: string): UserInfo {
  return {
    name: `system:serviceaccount:kube-system:${name}`,
    groups: [
      "system:serviceaccounts",
      "system:serviceaccounts:kube-system",
      "system:authenticated",
    ],
  };
}
