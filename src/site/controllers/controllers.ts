import type { Catalog } from "#api/catalog.ts";
import type { Client } from "#client/client.ts";
import type { Controller } from "#client/controller.ts";
import { abortable } from "#lib/abort.ts";
import { createRootCaPublisher, createServiceAccountController } from "./accounts/per-namespace.ts";
import {
  createTokenSecretsController,
  type TokenSecretsOptions,
} from "./accounts/token-secrets.ts";
import { createBootstrapSigner } from "./bootstrap/signer.ts";
import { createTokenCleaner } from "./bootstrap/token-cleaner.ts";
import { type Allows, createApprovingController } from "./certificates/approver.ts";
import { createCleaningController } from "./certificates/cleaner.ts";
import { createSigningController, type Sign } from "./certificates/signing.ts";
import { createDefinitionsController } from "./definitions.ts";
import { createDeploymentController } from "./deployment/controller.ts";
import type { ControllerDeps } from "./deps.ts";
import { createGarbageCollector } from "./garbage/controller.ts";
import { createJobController } from "./jobs/controller.ts";
import { createFinishedJobsController } from "./jobs/finished.ts";
import { createNamespaceController } from "./namespace/controller.ts";
import { createTaintEvictionController } from "./nodes/eviction.ts";
import { createNodeLifecycleController, type NodeLifecycleOptions } from "./nodes/lifecycle.ts";
import { createPodCollector } from "./nodes/pod-collector.ts";
import { createPolicyStatusController } from "./policies/status.ts";
import { createResourceQuotaController } from "./quota/controller.ts";
import { createReplicaSetController, createReplicationController } from "./replicas.ts";
import { createRoleAggregationController } from "./roles/aggregation.ts";
import { createEndpointMirror } from "./services/endpoint-mirror.ts";
import { createEndpointSliceController } from "./services/endpoint-slices.ts";
import { createEndpointsController } from "./services/endpoints.ts";
import { createServiceCidrsController } from "./services/service-cidrs.ts";
import {
  createClaimProtectionController,
  createClassProtectionController,
  createVolumeProtectionController,
} from "./storage/protection.ts";

export interface ControllersOptions
  extends ControllerDeps,
    NodeLifecycleOptions,
    TokenSecretsOptions {
  /** The kinds that are served: what can be owned, and what a namespace can hold. */
  readonly catalog: Catalog;
  /** Whether roles let a user do something. */
  readonly allows: Allows;
  /** Signs requests for certificates with the site's authority. */
  readonly sign: Sign;
  /** The API as its server itself, for what Kubernetes does inside of that. */
  readonly apiServer: Client;
}

/** What a supervisor lends a module; the bus's `Scope` is one. */
interface Scope {
  readonly signal: AbortSignal;
  ready(): void;
}

/** Kubernetes' controller manager, as one module of the site. */
export function createControllers(options: ControllersOptions) {
  return {
    name: "controllers",
    /** Ready once all caches are filled. */
    async run({ signal, ready }: Scope): Promise<void> {
      const controllers = createAll(options);
      const running = controllers.map((controller) => controller.run(signal));
      const synced = controllers.map((controller) => controller.synced);
      await abortable(Promise.all(synced), signal).then(ready, (error: unknown) => {
        if (!signal.aborted) throw error;
      });
      await Promise.all(running);
    },
  };
}

function createAll(options: ControllersOptions): readonly Controller[] {
  const { catalog, apiServer } = options;
  return [
    createDeploymentController(options),
    createReplicaSetController(options),
    createReplicationController(options),
    createJobController(options),
    createFinishedJobsController(options),
    createEndpointsController(options),
    createEndpointSliceController(options),
    createEndpointMirror(options),
    createServiceCidrsController(options),
    createNamespaceController(options, catalog),
    createGarbageCollector(options, catalog),
    createDefinitionsController({ ...options, client: () => apiServer }, catalog),
    createNodeLifecycleController(options, options),
    createTaintEvictionController(options),
    createPodCollector(options),
    createApprovingController(options, options.allows),
    createSigningController(options, options.sign),
    createCleaningController(options),
    createTokenCleaner(options),
    createBootstrapSigner(options),
    createRoleAggregationController(options),
    createServiceAccountController(options),
    createRootCaPublisher(options, options.rootCa),
    createTokenSecretsController(options, options),
    createResourceQuotaController(options, catalog),
    createPolicyStatusController(options, catalog),
    createClaimProtectionController(options),
    createVolumeProtectionController(options),
    createClassProtectionController(options),
  ];
}
