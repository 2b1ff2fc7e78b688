import { MODULE } from "#bus/constants.ts";
import { toNode } from "#bus/resource-path.ts";

/** How messages get to one edge node. */
export interface DownRoute {
  readonly module: string;
  /** The resource string as the receiver at `module` expects it. */
  address(resource: string): string;
}

/** EdgeSite's way: the node is in this process and its metaManager is told directly. */
export const SITE_ROUTE: DownRoute = {
  module: MODULE.metaManager,
  address: (resource) => resource,
};

/** The way of a joined node: cloudhub reads from the prefix whom a message is for. */
export function cloudRoute(node: string): DownRoute {
  return { module: MODULE.cloudHub, address: (resource) => toNode(node, resource) };
}
