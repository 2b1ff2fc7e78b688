import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  DEPLOYMENTS,
  EVENTS,
  JOBS,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  ROLE_BINDINGS,
  ROLES,
  SERVICES,
} from "#api/resources.ts";
import type { EscalationGuard } from "../authorization/escalation.ts";
import type { Strategy } from "../strategy.ts";
import type { EventLimit } from "./event-limit.ts";
import { events } from "./events.ts";
import { jobs } from "./jobs.ts";
import { namespaces } from "./namespaces.ts";
import { nodes } from "./nodes.ts";
import { pods } from "./pods.ts";
import { bindings, roles } from "./rbac.ts";
import { deployments, replicaSets } from "./scale.ts";
import type { ServiceAllocators } from "./service-allocators.ts";
import { services } from "./services.ts";

/** What strategies remember from one write to the next. */
export interface StrategyParts {
  readonly allocators: ServiceAllocators;
  readonly eventLimit: EventLimit;
  readonly escalation: EscalationGuard;
}

/** The strategy of every kind. */
export class Strategies {
  readonly #own = new Map<string, Strategy>();

  constructor({ allocators, eventLimit, escalation }: StrategyParts) {
    this.#set(PODS, pods);
    this.#set(NAMESPACES, namespaces);
    this.#set(SERVICES, services(allocators));
    this.#set(DEPLOYMENTS, deployments);
    this.#set(REPLICA_SETS, replicaSets);
    this.#set(JOBS, jobs);
    this.#set(EVENTS, events(eventLimit));
    this.#set(NODES, nodes);
    this.#set(ROLES, roles(escalation));
    this.#set(CLUSTER_ROLES, roles(escalation));
    this.#set(ROLE_BINDINGS, bindings(escalation));
    this.#set(CLUSTER_ROLE_BINDINGS, bindings(escalation));
  }

  /** Kinds without a strategy of their own are plain. */
  of<T extends KubeObject>(resource: Resource<T>): Strategy<T> {
    // Filed under the row of its own kind, by `#set` only.
    return (this.#own.get(resource.definition) ?? {}) as Strategy<T>;
  }

  #set<T extends KubeObject>(resource: Resource<T>, strategy: Strategy<T>): void {
    this.#own.set(resource.definition, strategy);
  }
}
