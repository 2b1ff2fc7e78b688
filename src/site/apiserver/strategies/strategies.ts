import type { CustomKind } from "#api/crd/custom-kind.ts";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { STATEFUL_SETS } from "#api/resources/apps.ts";
import { PERSISTENT_VOLUMES } from "#api/resources/core-storage.ts";
import { REPLICATION_CONTROLLERS } from "#api/resources/core-workloads.ts";
import {
  API_SERVICES,
  BINDINGS,
  CERTIFICATE_SIGNING_REQUESTS,
  COMPONENT_STATUSES,
  CUSTOM_RESOURCE_DEFINITIONS,
  DEPLOYMENTS,
  EVENTS,
  JOBS,
  LEASES,
  LIMIT_RANGES,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  SERVICES,
} from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Security } from "../security.ts";
import type { Strategy } from "../strategy.ts";
import { apiServices } from "./api-services.ts";
import { certificateRequests } from "./certificate-requests.ts";
import { type Component, componentStatuses } from "./component-statuses.ts";
import { customResources } from "./custom.ts";
import { definitions } from "./definitions.ts";
import type { DisruptionBudgets } from "./disruption-budgets.ts";
import type { EventLimit } from "./event-limit.ts";
import { events } from "./events.ts";
import { jobs } from "./jobs.ts";
import { leases } from "./leases.ts";
import { limitRanges } from "./limit-ranges.ts";
import { namespaces } from "./namespaces.ts";
import { nodes } from "./nodes.ts";
import { persistentVolumes } from "./persistent-volumes.ts";
import { pods } from "./pods.ts";
import { deployments, replicaSets, replicationControllers, statefulSets } from "./scale.ts";
import { securityStrategies } from "./security.ts";
import type { ServiceAllocators } from "./service-allocators.ts";
import { services } from "./services.ts";

/** What strategies remember from one write to the next. */
export interface StrategyParts {
  readonly allocators: ServiceAllocators;
  readonly eventLimit: EventLimit;
  readonly budgets: DisruptionBudgets;
  readonly security: Security;
  readonly components: readonly Component[];
}

/** The strategy of every kind. */
export class Strategies {
  readonly #own = new Map<string, Strategy>();
  readonly #store: ObjectStore;
  readonly #custom = new WeakMap<Resource, Strategy>();

  constructor({ allocators, budgets, eventLimit, security, components }: StrategyParts) {
    this.#store = security.store;
    this.#set(PODS, pods(budgets));
    this.#set(BINDINGS, { does: { to: PODS, subresource: "binding" } });
    this.#set(NAMESPACES, namespaces);
    this.#set(SERVICES, services(allocators));
    this.#set(DEPLOYMENTS, deployments);
    this.#set(REPLICA_SETS, replicaSets);
    this.#set(STATEFUL_SETS, statefulSets);
    this.#set(REPLICATION_CONTROLLERS, replicationControllers);
    this.#set(PERSISTENT_VOLUMES, persistentVolumes);
    this.#set(JOBS, jobs);
    this.#set(LIMIT_RANGES, limitRanges);
    this.#set(EVENTS, events(eventLimit));
    this.#set(NODES, nodes);
    this.#set(LEASES, leases);
    this.#set(COMPONENT_STATUSES, componentStatuses(components));
    this.#set(CERTIFICATE_SIGNING_REQUESTS, certificateRequests);
    this.#set(API_SERVICES, apiServices);
    this.#set(CUSTOM_RESOURCE_DEFINITIONS, definitions(security.store));
    securityStrategies(security, (resource, strategy) => this.#set(resource, strategy));
  }

  /** Kinds without a strategy of their own are plain. */
  of<T extends KubeObject>(resource: Resource<T>): Strategy<T>;
  of(resource: Resource): Strategy {
    return resource.custom === undefined
      ? (this.#own.get(resource.definition) ?? {})
      : this.#ofCustom(resource, resource.custom);
  }

  #ofCustom(resource: Resource, custom: CustomKind): Strategy {
    const known = this.#custom.get(resource);
    if (known !== undefined) return known;
    const made = customResources(resource, custom, this.#store);
    this.#custom.set(resource, made);
    return made;
  }

  #set<T extends KubeObject>(resource: Resource<T>, strategy: Strategy<T>): void {
    this.#own.set(resource.definition, strategy);
  }
}
