import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import type { Io } from "./io.ts";

/** How one part of the site is. */
export interface ModuleStatus {
  readonly name: string;
  readonly state:
    | "waiting"
    | "starting"
    | "running"
    | "restarting"
    | "stopping"
    | "ended"
    | "failed"
    | "disabled";
  readonly restarts: number;
  readonly reason?: string;
}

export interface CertificateStatus {
  readonly name: string;
  /** RFC 3339 */
  readonly notAfter: string;
}

/** What `edgesite status` tells. */
export interface SiteStatus {
  readonly version: string;
  readonly siteId: string;
  readonly nodeName: string;
  readonly dataDir: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  /** Everything that is worse than it should be, each with its reason. */
  readonly degraded: readonly string[];
  readonly modules: readonly ModuleStatus[];
  readonly runtime: {
    readonly name: string;
    readonly version: string;
    readonly problem?: string;
    /** What a person should know of it, though it works. */
    readonly warning?: string;
  };
  readonly dataPlane: { readonly name: string; readonly link: string; readonly fallback?: string };
  readonly listeners: readonly string[];
  readonly certificates: readonly CertificateStatus[];
  readonly rssBytes: number;
  readonly writtenTodayBytes: number;
}

/** Whom a client certificate is for. */
export interface ClientWish {
  readonly user: string;
  readonly groups: readonly string[];
  readonly validMs: number;
}

/** A client certificate that was made here. */
export interface ClientStatus {
  readonly user: string;
  readonly groups: readonly string[];
  /** RFC 3339 */
  readonly createdAt: string;
  /** RFC 3339 */
  readonly notAfter: string;
  /** RFC 3339; absent while it holds. */
  readonly revokedAt?: string;
}

/** Something that a site needs of its host. */
export interface Requirement {
  readonly name: string;
  /** `note`: it works, but a person should know; `failed`: it does not. */
  readonly state: "ok" | "note" | "failed";
  /** What is there, or why it does not work. */
  readonly found: string;
  /** What a person can do. */
  readonly advice?: string;
}

/** What the site can be told, in this process or over the control socket. */
export interface SiteCommands {
  /**
   * Runs the site until it is told to stop, and returns the exit code.
   * @throws {UserError} when it cannot start.
   */
  start(config: EdgeSiteConfig, io: Io): Promise<number>;
  /** Looks whether this host has what a site needs; leaves nothing behind. */
  check(config: EdgeSiteConfig, io: Io): Promise<readonly Requirement[]>;
  /** Removes the containers of a site that does not run; answers the names of their pods. */
  removeWorkloads(config: EdgeSiteConfig, io: Io): Promise<readonly string[]>;
  /**
   * Gives the Secrets of a site that does not run a new key; false where no site is.
   * @throws {UserError} when it could not be brought to its end; the next start or call goes on.
   */
  rotateKey(config: EdgeSiteConfig): Promise<boolean>;
  /**
   * Makes a client certificate and its key, PEM; whether the site runs or not.
   * @throws {UserError} when it was never started, or no certificate can have those names.
   */
  createClient(
    config: EdgeSiteConfig,
    wish: ClientWish,
  ): { readonly certificate: string; readonly key: string };
  /** The client certificates that were made and are not over. */
  listClients(config: EdgeSiteConfig): readonly ClientStatus[];
  /** Revokes all of a user; answers how many held. A site that runs learns of it by `Control.reloadClients`. */
  revokeClient(config: EdgeSiteConfig, user: string): number;
  /** Removes everything that a site which does not run has left on the host, its data included; false where none is. */
  reset(config: EdgeSiteConfig, io: Io): Promise<boolean>;
}

/** Which edgesite this is. */
export interface Version {
  readonly edgesite: string;
  readonly kubernetes: string;
  readonly revision: string;
  readonly buildTime: string;
}
