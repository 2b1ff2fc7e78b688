import { type APIService, type EndpointSlice, nameOf, namespaceOf } from "#api/object.ts";
import { API_SERVICES, ENDPOINT_SLICES, SERVICES } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import type { UserInfo, Verbs } from "#api/verbs.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Metrics } from "#lib/metrics.ts";
import type { Timer } from "#lib/timer.ts";
import type { Aggregation, RemoteVersion } from "#serve/aggregation.ts";
import type { Backend } from "#serve/proxy/backend.ts";
import { follow } from "../follow.ts";
import {
  type Availability,
  FAILED_DISCOVERY,
  isAvailable,
  PASSED,
  statusWith,
  unreachable,
} from "./availability.ts";
import { type Discovered, discover } from "./discover.ts";
import type { FrontProxy } from "./front-proxy.ts";
import { backendOf, type RemoteService, remoteService } from "./remote-api.ts";
import { Retries } from "./retries.ts";

/** How often a server is asked again whether it is there; only while there is any. */
const RECHECK_MS = 30_000;
const SERVICE_NAME = "kubernetes.io/service-name";

export interface AggregatorOptions {
  readonly store: ObjectStore;
  readonly frontProxy: FrontProxy;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Writes status, as the API server itself. */
  verbs(): Verbs;
}

/** An API that another server serves. */
interface Remote {
  readonly apiService: APIService;
  readonly service: RemoteService;
  readonly discovered: Discovered | undefined;
}

/**
 * Knows which APIs other servers serve below this one, asks them now and again whether they are
 * there and what they have, and says so in the status of their APIServices.
 */
export class Aggregator implements Aggregation {
  readonly #options: AggregatorOptions;
  readonly #remotes = new Map<string, Remote>();
  /** Checks under way, by APIService; true: once more, something changed meanwhile. */
  readonly #checking = new Map<string, boolean>();
  #versions: readonly RemoteVersion[] = [];
  #alarm: (() => void) | undefined;
  readonly #retries: Retries;
  #isRunning = false;

  constructor(options: AggregatorOptions) {
    this.#options = options;
    const { store, signal, metrics, timer } = options;
    this.#retries = new Retries(timer);
    metrics.read(
      {
        type: "gauge",
        name: "aggregator_unavailable_apiservice",
        help: "1 for an API of another server that cannot be had, 0 for one that can.",
      },
      () =>
        [...this.#remotes].map(([name, { apiService }]) => [
          { name },
          isAvailable(apiService) ? 0 : 1,
        ]),
    );
    follow(store, API_SERVICES, {
      onChange: (next, previous) => this.#changed(next, previous),
      signal,
    });
    signal.addEventListener("abort", () => this.#callOff(), { once: true });
  }

  get versions(): readonly RemoteVersion[] {
    return this.#versions;
  }

  /** Begins to check; what is served by others before that is what was so when they were checked last. */
  run(): void {
    const { store, signal } = this.#options;
    this.#isRunning = true;
    const due = (object: { namespace: string; name: string }): void => {
      for (const [name, { service }] of this.#remotes) {
        if (service.namespace === object.namespace && service.name === object.name) {
          this.#check(name);
        }
      }
    };
    follow(store, SERVICES, {
      onChange: (next, previous) => {
        const service = next ?? previous;
        if (service) due({ namespace: namespaceOf(service), name: nameOf(service) });
      },
      signal,
    });
    follow(store, ENDPOINT_SLICES, {
      onChange: (next, previous) => {
        const slice = next ?? previous;
        if (slice) due({ namespace: namespaceOf(slice), name: serviceOf(slice) });
      },
      signal,
    });
    this.#checkAll();
  }

  backendOf(target: string, user: UserInfo): Backend | "unavailable" | undefined {
    const found = [...this.#remotes.values()].find(({ service }) => isOf(target, service));
    if (found === undefined) return undefined;
    if (!isAvailable(found.apiService)) return "unavailable";
    try {
      return backendOf(found.service, { target, user }, this.#options);
    } catch {
      return "unavailable";
    }
  }

  #changed(next: APIService | undefined, previous: APIService | undefined): void {
    const object = next ?? previous;
    if (object === undefined) return;
    const name = nameOf(object);
    const service = next && remoteService(next);
    const before = this.#remotes.get(name);
    if (next === undefined || service === undefined) {
      this.#retries.settle(name);
      if (this.#remotes.delete(name)) this.#show();
      return;
    }
    const isSame = before !== undefined && Bun.deepEquals(before.service, service);
    this.#remotes.set(name, {
      ...{ apiService: next, service },
      discovered: isSame ? before.discovered : undefined,
    });
    this.#show();
    if (!isSame) this.#check(name);
  }

  #callOff(): void {
    this.#alarm?.();
    this.#retries.close();
  }

  #checkAll(): void {
    this.#alarm = undefined;
    for (const name of this.#remotes.keys()) this.#check(name);
  }

  #check(name: string): void {
    const { signal, log, timer } = this.#options;
    if (!this.#isRunning || signal.aborted) return;
    this.#alarm ??= timer.after(RECHECK_MS, () => this.#checkAll());
    if (this.#checking.has(name)) {
      this.#checking.set(name, true);
      return;
    }
    this.#checking.set(name, false);
    void this.#judge(name)
      .catch((error: unknown) => {
        if (!signal.aborted) log.error("Cannot say whether an API can be had", { name, error });
      })
      .finally(() => {
        const again = this.#checking.get(name) ?? false;
        this.#checking.delete(name);
        if (again) this.#check(name);
      });
  }

  async #judge(name: string): Promise<void> {
    const { store, signal } = this.#options;
    const remote = this.#remotes.get(name);
    if (remote === undefined) return;
    const { service } = remote;
    const why = unreachable(store, service);
    const found = why
      ? undefined
      : await discover({ service, known: remote.discovered }, this.#options, signal);
    const now = this.#remotes.get(name);
    if (now === undefined || now.service !== service) return;
    const failure = why ?? (found && "reason" in found ? found : undefined);
    if (found && !("reason" in found) && !Bun.deepEquals(found, now.discovered)) {
      this.#remotes.set(name, { ...now, discovered: found });
      this.#show();
    }
    if (failure?.reason !== FAILED_DISCOVERY || signal.aborted) this.#retries.settle(name);
    else this.#retries.again(name, () => this.#check(name));
    await this.#tell(now.apiService, failure ?? PASSED);
  }

  async #tell(apiService: APIService, availability: Availability): Promise<void> {
    const { verbs, clock } = this.#options;
    const status = statusWith(apiService, { availability, now: clock.now() });
    if (status === undefined) return;
    const target = { resource: API_SERVICES, namespace: "", name: nameOf(apiService) };
    try {
      const next: APIService = { ...apiService, status };
      await verbs().update({ ...target, subresource: "status" }, next);
    } catch (error) {
      // It changed or went meanwhile: then it is looked at anew.
      if (hasReason(error, "NotFound")) return;
      if (!hasReason(error, "Conflict")) throw error;
      this.#checking.set(target.name, true);
    }
  }

  #show(): void {
    const versions = [...this.#remotes.values()].map(({ apiService, service, discovered }) => ({
      group: service.group,
      version: service.version,
      groupPriority: apiService.spec?.groupPriorityMinimum ?? 0,
      versionPriority: apiService.spec?.versionPriority ?? 0,
      resources: discovered?.resources ?? [],
      isCurrent: discovered !== undefined && isAvailable(apiService),
      ...(discovered?.openApiV3 !== undefined && { openApiV3: discovered.openApiV3 }),
      ...(discovered?.openApiV2 && { openApiV2: discovered.openApiV2 }),
    }));
    if (!Bun.deepEquals(versions, this.#versions)) this.#versions = versions;
  }
}

function isOf(target: string, { group, version }: RemoteService): boolean {
  const base = `/apis/${group}/${version}`;
  const [path = ""] = target.split("?");
  return path === base || path.startsWith(`${base}/`) || path === `/openapi/v3${base}`;
}

function serviceOf({ metadata }: EndpointSlice): string {
  return metadata?.labels?.[SERVICE_NAME] ?? "";
}
