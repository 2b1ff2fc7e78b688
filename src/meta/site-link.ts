/** How the edge side reaches its site. */
export interface SiteLink {
  /** The module that is asked what only the site can answer. KubeEdge's `contextSendModule`. */
  readonly module: string;
  /** The group that what is reported to the site goes to. KubeEdge's `contextSendGroup`. */
  readonly group: string;
  /** Whether it can always be reached, or only between `node/connection` messages that say so. */
  readonly always: boolean;
}
