import type { Access } from "#api/access.ts";
import type { AuditDecision, AuditStage } from "#api/audit/policy.ts";
import type { Sender } from "#api/sender.ts";
import type { Status } from "#api/status.ts";
import type { Annotate, Timed, UserInfo } from "#api/verbs.ts";
import { rfc3339Micro } from "#lib/clock.ts";
import { Latencies } from "./latencies.ts";

/** What there is to say about a request before it is worked on. */
export interface Received {
  readonly id: string;
  readonly request: Request;
  readonly access: Access;
  /** Who sent it. */
  readonly sender: Sender;
  /** Where it came from, if that is known. */
  readonly address: string | undefined;
  /** Wall clock. */
  readonly receivedAt: Date;
}

interface Writing extends Received {
  readonly decision: AuditDecision;
  now(): Date;
  monotonicMs(): number;
  write(event: object): void;
}

/** What is noted of one request, and written at its stages as an `audit.k8s.io/v1` Event. */
export class RequestAudit {
  readonly id: string;
  readonly #of: Writing;
  readonly #annotations = new Map<string, string>();
  readonly #latencies: Latencies;
  #playing: UserInfo | undefined;
  #status: Status | undefined;
  #requestObject: unknown;
  #responseObject: unknown;
  #named: { readonly namespace?: string; readonly name?: string } = {};
  #hasStarted = false;
  #isOver = false;

  constructor(of: Writing) {
    const { user, annotations = {}, tookMs = 0 } = of.sender;
    this.#latencies = new Latencies(of.monotonicMs, tookMs);
    this.id = of.id;
    this.#of = of;
    for (const [key, value] of Object.entries(annotations)) this.#annotations.set(key, value);
    if (user !== undefined) this.#write("RequestReceived");
  }

  /** True where bodies of requests are kept: only then they are worth being decoded for. */
  get keepsRequest(): boolean {
    const { level } = this.#of.decision;
    return level === "Request" || level === "RequestResponse";
  }

  /** True where answers are kept. */
  get keepsResponse(): boolean {
    return this.#of.decision.level === "RequestResponse";
  }

  /** Adds to what the event tells; the first value for a key stays. */
  readonly annotate: Annotate = (key, value, level) => {
    if (level === "Request" && !this.keepsRequest) return;
    if (!this.#annotations.has(key)) this.#annotations.set(key, value);
  };

  /** Does some of the work, and counts how long it takes. */
  get timed(): Timed {
    return this.#latencies.timed;
  }

  /** As whom its sender is heard. */
  playedBy(user: UserInfo): void {
    this.#playing = user;
  }

  /** What was sent: an object, or a patch. */
  sent(object: unknown): void {
    this.#named = namesIn(object);
    if (this.keepsRequest) this.#requestObject = this.#kept(object);
  }

  /** What is answered; made only where it is kept. */
  answered(object: () => unknown): void {
    if (this.keepsResponse) this.#responseObject = this.#kept(object());
  }

  /** The answer is a Status. */
  settled(status: Status): void {
    this.#status = status;
    this.answered(() => status);
  }

  /** True where an answer goes on: it is complete when its connection is. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** The answer began, and goes on. */
  started(code: number): void {
    this.#hasStarted = true;
    this.#write("ResponseStarted", code);
  }

  /**
   * All was said; only the first call counts. Of those who are not known Kubernetes has one event:
   * that they were answered.
   */
  complete(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const [key, value] of this.#latencies.told()) this.annotate(key, value);
    this.#write(this.#of.sender.user ? "ResponseComplete" : "ResponseStarted", code);
  }

  /** Nobody foresaw what happened. */
  panicked(status: Status): void {
    this.#isOver = true;
    this.#status = status;
    this.#write("Panic", status.code);
  }

  #kept(object: unknown): unknown {
    return this.#of.decision.omitManagedFields ? withoutManagedFields(object) : object;
  }

  #write(stage: AuditStage, code?: number): void {
    const { decision, request, access, sender, address, receivedAt, now, write, id } = this.#of;
    if (decision.omitStages.has(stage)) return;
    const url = new URL(request.url);
    const userAgent = request.headers.get("user-agent");
    const sourceIPs = sourcesOf(request, address);
    write({
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: decision.level,
      auditID: id,
      stage,
      requestURI: `${url.pathname}${url.search}`,
      verb: access.verb,
      user: shownUser(sender.user),
      ...(this.#playing && { impersonatedUser: shownUser(this.#playing) }),
      ...(sourceIPs.length > 0 && { sourceIPs }),
      ...(userAgent !== null && { userAgent }),
      ...("path" in access ? {} : { objectRef: this.#reference(access) }),
      ...(code !== undefined && { responseStatus: this.#outcome(code) }),
      ...(this.#requestObject !== undefined && { requestObject: this.#requestObject }),
      ...(this.#responseObject !== undefined && { responseObject: this.#responseObject }),
      requestReceivedTimestamp: rfc3339Micro(receivedAt),
      stageTimestamp: rfc3339Micro(now()),
      ...(this.#annotations.size > 0 && { annotations: Object.fromEntries(this.#annotations) }),
    });
  }

  #outcome(code: number): object {
    const { status, message, reason, details } = this.#status ?? {};
    return {
      metadata: {},
      ...(status && { status }),
      ...(message && { message }),
      ...(reason && { reason }),
      ...(details && { details }),
      code,
    };
  }

  #reference(access: Exclude<Access, { path: string }>): object {
    const { resource, namespace, name, group, version, subresource } = access;
    const within = namespace || this.#named.namespace;
    const called = name || this.#named.name;
    return {
      resource,
      ...(within && { namespace: within }),
      ...(called && { name: called }),
      ...(group && { apiGroup: group }),
      apiVersion: version,
      ...(subresource && { subresource }),
    };
  }
}

function shownUser(user: UserInfo | undefined): object {
  if (user === undefined) return {};
  const { name, uid, groups, extra } = user;
  return { username: name, ...(uid && { uid }), groups, ...(extra && { extra }) };
}

/** What proxies in front say, and where the connection itself comes from (`utilnet.SourceIPs`). */
function sourcesOf({ headers }: Request, address: string | undefined): readonly string[] {
  const listed = (name: string): readonly string[] =>
    (headers.get(name) ?? "").split(",").flatMap((one) => one.trim() || []);
  const own = address === undefined ? [] : [address];
  return [...new Set([...listed("x-forwarded-for"), ...listed("x-real-ip"), ...own])];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function namesIn(object: unknown): { namespace?: string; name?: string } {
  const metadata = isObject(object) ? object["metadata"] : undefined;
  if (!isObject(metadata)) return {};
  const { namespace, name } = metadata;
  return {
    ...(typeof namespace === "string" && { namespace }),
    ...(typeof name === "string" && { name }),
  };
}

function withoutManagedFields(object: unknown): unknown {
  if (!isObject(object)) return object;
  const { metadata, items } = object;
  const kept = { ...object };
  if (isObject(metadata)) {
    const { managedFields: _, ...rest } = metadata;
    kept["metadata"] = rest;
  }
  if (Array.isArray(items)) kept["items"] = items.map(withoutManagedFields);
  return kept;
}
