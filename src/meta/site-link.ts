/** How the edge side reaches its site. */
export interface SiteLink {
  /** The module that messages for the site go to. */
  readonly module: string;
  /** Whether it can always be reached, or only between `node/connection` messages that say so. */
  readonly always: boolean;
}
