import type { LocalBus } from "#bus/bus.ts";
import { GROUP_OF, MODULE } from "#bus/constants.ts";
import type { Module } from "#bus/module.ts";
import { type Clock, systemClock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { MetaStore } from "./meta-store.ts";
import { MetaManager } from "./processor.ts";
import type { SiteLink } from "./site-link.ts";

/** The all-in-one: the site is in this process. */
export const LOCAL_SITE: SiteLink = {
  module: MODULE.edgeController,
  group: GROUP_OF.edgecontroller,
  always: true,
};

/** A joined node: the site is behind edgehub's wire. */
export const REMOTE_SITE: SiteLink = {
  module: MODULE.edgeHub,
  group: GROUP_OF.websocket,
  always: false,
};

export interface MetaManagerOptions {
  readonly bus: LocalBus;
  readonly store: MetaStore;
  readonly log: Logger;
  /** Default `LOCAL_SITE`. */
  readonly site?: SiteLink;
  /** How long the site may take to answer. Default 60 s, KubeEdge's `remoteQueryTimeout`. */
  readonly remoteTimeoutMs?: number;
  /** Says when kept tokens end. Default: the system's. */
  readonly clock?: Clock;
}

const REMOTE_TIMEOUT_MS = 60_000;

/**
 * Makes the module that keeps the edge's own copy of what it must run, and passes messages between
 * the site and the edge modules (KubeEdge `edge/pkg/metamanager`). Its queue is there from now on:
 * what is sent to it before it runs waits for it.
 */
export function createMetaManager(options: MetaManagerOptions): Module {
  const { bus, store, log, site = LOCAL_SITE, remoteTimeoutMs = REMOTE_TIMEOUT_MS } = options;
  const { clock = systemClock } = options;
  bus.addModule(MODULE.metaManager, GROUP_OF.metaManager);
  return {
    name: MODULE.metaManager,
    group: GROUP_OF.metaManager,
    async run({ signal, ready }) {
      const manager = new MetaManager({ bus, store, site, remoteTimeoutMs, clock, log, signal });
      await manager.run(ready);
    },
  };
}
