import { MODULE } from "#bus/constants.ts";
import { toNode } from "#bus/resource-path.ts";

/** How messages get to one edge node. */
export interface DownRoute {
  readonly module: string;
  /** The module that gets answers, for their sender; where it is another one. */
  readonly answers?: string;
  /** The resource string as the receiver at `module` expects it. */
  address(resource: string): string;
}

/** KubeEdge's `context`: between which modules the edge controller stands. */
export interface ModuleContext {
  /** Gets what goes down to the node of this process. */
  readonly sendModule: string;
  /** The edge controller's own name on the bus. */
  readonly receiveModule: string;
  /** Gets answers to what that node asked and does not wait for on the bus. */
  readonly responseModule: string;
}

export const DEFAULT_CONTEXT: ModuleContext = {
  sendModule: MODULE.metaManager,
  receiveModule: MODULE.edgeController,
  responseModule: MODULE.metaManager,
};

/** EdgeSite's way: the node is in this process and its metaManager is told directly. */
export function siteRoute({ sendModule, responseModule }: ModuleContext): DownRoute {
  return { module: sendModule, answers: responseModule, address: (resource) => resource };
}

/** The way of a joined node: cloudhub reads from the prefix whom a message is for. */
export function cloudRoute(node: string): DownRoute {
  return { module: MODULE.cloudHub, address: (resource) => toNode(node, resource) };
}
