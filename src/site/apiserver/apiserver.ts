import { groupResource } from "#api/resource.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { type Labels, Metrics } from "#lib/metrics.ts";
import { systemTimer } from "#lib/timer.ts";
import { createApi } from "#serve/api.ts";
import type { VersionInfo } from "#serve/api-options.ts";
import { Auditor } from "#serve/audit/auditor.ts";
import { Aggregator } from "./aggregation/aggregator.ts";
import { keepAuthenticationConfig, newFrontProxy } from "./aggregation/front-proxy.ts";
import { keepApiServices } from "./api-services.ts";
import { senderOf } from "./authentication/authenticator.ts";
import { issuerDocuments } from "./authentication/issuer-documents.ts";
import { bootstrap } from "./bootstrap.ts";
import { keepIpAddresses } from "./ip-addresses.ts";
import { API_SERVER, type ApiServer, type ApiServerOptions } from "./options.ts";
import { createRegistry } from "./registry.ts";
import { firstAddress } from "./strategies/address-range.ts";

/** Makes the API server of a site over its store. It listens nowhere by itself. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { store, clock, timer = systemTimer, serviceCidr, advertise, signal } = options;
  const { issuer, keys } = options.tokens;
  const registry = createRegistry({ ...options, timer });
  const { authenticator, authorizer, tokens } = registry.security;
  const { metrics = new Metrics(), limits, audit, frontProxy = newFrontProxy() } = options;
  countStored(metrics, store);
  showBuild(metrics, options.version);
  const aggregator = new Aggregator({
    ...{ store, frontProxy, clock, timer, metrics, log: options.log, signal },
    verbs: () => registry.as(API_SERVER),
  });
  const api = createApi({
    catalog: registry.catalog,
    version: options.version,
    checks: options.checks ?? [],
    nodeStreams: options.nodeStreams,
    openStream: options.openStream,
    log: options.log,
    clock,
    timer,
    metrics,
    ...(limits && { limits }),
    ...(audit && { audit: new Auditor({ ...audit, clock, metrics }) }),
    verbs: (user) => registry.as(user),
    authorize: (user, access) => authorizer.authorize(user, access),
    aggregation: aggregator,
    documents: issuerDocuments({
      issuer,
      keys,
      server: `https://${advertise.address}:${advertise.port}`,
    }),
    authenticate: (headers) => senderOf(authenticator, { headers, audiences: [issuer] }),
  });
  return {
    ...api,
    catalog: registry.catalog,
    verbs: (user) => registry.authorizedAs(user),
    allows: (user, access) => authorizer.decide(user, access).allowed,
    tokenForSecret: (account, secret) => tokens.issueForSecret(account, secret),
    async bootstrap() {
      const verbs = registry.as(API_SERVER);
      const clusterIp = firstAddress(serviceCidr);
      await bootstrap(verbs, { clusterIp, serviceCidr, now: clock.now(), ...advertise });
      await keepApiServices({ verbs, catalog: registry.catalog, log: options.log, signal });
      const { clientCa } = options;
      if (clientCa) await keepAuthenticationConfig(verbs, { clientCa, frontProxy });
      aggregator.run();
      await keepIpAddresses({ store, verbs, log: options.log, signal });
    },
  };
}

/** What lies in the store and who follows it, read when somebody asks. */
function countStored(metrics: Metrics, store: ObjectStore): void {
  const labels = (collection: string): Labels => {
    const [group = "", resource = ""] = collection.split("/");
    return { group, resource };
  };
  metrics.read(
    { type: "gauge", name: "apiserver_resource_objects", help: "Stored objects by kind." },
    () => store.counts().map(({ collection, objects }) => [labels(collection), objects]),
  );
  metrics.read(
    {
      type: "gauge",
      name: "apiserver_storage_objects",
      help: "Stored objects by kind, under the name that it had before.",
    },
    () =>
      store.counts().map(({ collection, objects }) => {
        const [group = "", plural = ""] = collection.split("/");
        return [{ resource: groupResource({ group, plural }) }, objects];
      }),
  );
  metrics.read(
    {
      type: "gauge",
      name: "apiserver_registered_watchers",
      help: "Those who follow a kind now, the site's own informers included.",
    },
    () => store.counts().map(({ collection, watchers }) => [labels(collection), watchers]),
  );
}

function showBuild(metrics: Metrics, version: VersionInfo): void {
  const labels = {
    major: version.major,
    minor: version.minor,
    git_version: version.gitVersion,
    git_commit: version.gitCommit,
    git_tree_state: version.gitTreeState,
    build_date: version.buildDate,
    go_version: version.goVersion,
    compiler: version.compiler,
    platform: version.platform,
  };
  metrics.read(
    {
      type: "gauge",
      name: "kubernetes_build_info",
      help: "A constant 1, labelled by what was built.",
    },
    () => [[labels, 1]],
  );
}
