import type { Context, MiddlewareHandler } from "hono";
import { Hono } from "hono/tiny";
import { methodNotAllowed, StatusError, unauthorized } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import { ALONE } from "./aggregation.ts";
import type { Api, ApiOptions, Connection } from "./api-options.ts";
import type { RequestAudit } from "./audit/request-audit.ts";
import { recorded } from "./audit/stages.ts";
import { auditId, Calls } from "./calls.ts";
import { Discovery } from "./discovery.ts";
import { badRequestText, notFoundText, statusOf } from "./error-response.ts";
import { Health } from "./health.ts";
import { HEALTH_PATHS } from "./health-paths.ts";
import { OpenApi } from "./openapi.ts";
import { discardBody } from "./read-body.ts";
import { RemoteApis } from "./remote-apis.ts";
import { DEFAULT_LIMITS, isLong, RequestLimits } from "./request-limits.ts";
import { RequestMetrics } from "./request-metrics.ts";
import type { ResourcePath } from "./request-path.ts";
import { respondStatus, respondValue } from "./respond.ts";
import { Router } from "./router.ts";
import { Upgrades } from "./upgrades.ts";
import { addWarnings } from "./warnings.ts";

type Env = {
  Bindings: Connection;
  Variables: {
    user: UserInfo;
    path?: ResourcePath;
    audit?: RequestAudit | undefined;
    /** What is said beside the answer, be it an error. */
    warnings?: ReadonlySet<string>;
  };
};

const METRICS_TYPE = { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" };

/** How long a stranger may go on sending before it is told that it is one. */
const STRANGER_MS = 2000;

/** Makes Kubernetes' HTTP API over a table of resources and the verbs that act on them. */
export function createApi(options: ApiOptions): Api {
  const { log, clock, timer, metrics } = options;
  const counted = new RequestMetrics(metrics);
  const nowMs = (): number => clock.monotonicMs();
  const limits = new RequestLimits(options.limits ?? DEFAULT_LIMITS, { timer, nowMs, metrics });
  const calls = new Calls(options);
  const app = new Hono<Env>();
  app.onError((error, { req, get }) => {
    // The client went away in the middle of its request: nothing failed.
    if (req.raw.signal.aborted) return badRequestText();
    const status = statusOf(error, log);
    if (error instanceof StatusError) get("audit")?.settled(status);
    else get("audit")?.panicked(status);
    const response = respondStatus(status, req.raw);
    addWarnings(response, get("warnings") ?? new Set());
    return response;
  });
  app.use(async (context, next) => {
    const fromMs = nowMs();
    await next();
    const { headers, status } = context.res;
    const seconds = (nowMs() - fromMs) / 1000;
    counted.answered({ request: context.req.raw, path: context.get("path"), status, seconds });
    const audit = context.get("audit");
    headers.set("Audit-Id", audit?.id ?? auditId(context.req.raw));
    if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-cache, private");
    if (audit) context.res = recorded(context.res, audit, isGoingOn(context));
  });
  app.use(async ({ req, env }, next) => {
    // Who shows something wrong is not even told what everybody may know.
    if (env.peer === "untrusted" && !calls.senderOf(req.raw, env).user) throw unauthorized();
    await next();
  });
  const health = new Health(options.checks, log);
  addPublicRoutes(app, options, { health, calls });
  app.use(async (context, next) => {
    const request = context.req.raw;
    const { address } = context.env;
    const sender = calls.senderOf(request, context.env);
    context.set("audit", calls.record(request, { sender, address }));
    try {
      if (sender.user === undefined) throw unauthorized();
      context.set("user", calls.userOf(request, sender.user, context.get("audit")));
    } catch (error) {
      await discardBody(request, STRANGER_MS);
      throw error;
    }
    await next();
    addWarnings(context.res, new Set(sender.warnings));
    await discardBody(request);
  });
  const router = new Router(options);
  const remote = new RemoteApis(options.aggregation ?? ALONE);
  addRoutes(app, options, { calls, health, limits, router, remote });
  const upgrades = new Upgrades({ calls, router, remote, log, nodeStreams: options.nodeStreams });
  return {
    // A `Host` that cannot be part of an URL leaves no URL to look at.
    fetch: async (request, connection = {}) =>
      URL.canParse(request.url) ? app.fetch(request, connection) : badRequestText(),
    resolveStream: (request, connection = {}) => upgrades.resolveStream(request, connection),
    upgradeProxied: (request, connection = {}) => upgrades.upgradeProxied(request, connection),
    errorResponse: (error) => respondStatus(statusOf(error, log)),
  };
}

/** What everybody may know. */
function addPublicRoutes(
  app: Hono<Env>,
  { version, audit }: ApiOptions,
  { health, calls }: Pick<Parts, "health" | "calls">,
): void {
  const record: MiddlewareHandler<Env> = async (context, next) => {
    const { req, env } = context;
    if (audit) {
      const sender = calls.visitorOf(req.raw, env);
      context.set("audit", calls.record(req.raw, { sender, address: env.address }));
    }
    await next();
  };
  for (const path of HEALTH_PATHS) {
    const answer = ({ req, env: { stopping } }: Context<Env>): Response =>
      health.all({ path, query: new URL(req.url).searchParams, stopping });
    app.get(`/${path}`, record, answer);
    app.get(`/${path}/`, record, answer);
  }
  app.all("/version", record, ({ req }) => {
    if (req.method !== "GET") throw methodNotAllowed();
    return respondValue(req.raw, version);
  });
}

interface Parts {
  readonly calls: Calls;
  readonly health: Health;
  readonly limits: RequestLimits;
  readonly router: Router;
  readonly remote: RemoteApis;
}

function addRoutes(
  app: Hono<Env>,
  options: ApiOptions,
  { calls, health, limits, router, remote }: Parts,
): void {
  const { aggregation = ALONE } = options;
  const discovery = new Discovery(options.catalog, aggregation);
  const openApi = new OpenApi(options.catalog, aggregation);
  const { documents = {} } = options;
  const fixed = [
    ...Object.keys(documents),
    ...HEALTH_PATHS.map((path) => `/${path}`),
    ...health.paths,
    "/metrics",
    "/metrics/slis",
    "/openapi/v2",
    "/openapi/v3",
    "/version",
  ];
  const authorizePath = ({ req, get }: Context<Env>): void =>
    calls.authorizePath(req.raw, {
      ...{ url: new URL(req.url), user: get("user"), audit: get("audit") },
    });
  app.all("/", (context) => {
    authorizePath(context);
    return respondValue(context.req.raw, { paths: [...discovery.paths, ...fixed].sort() });
  });
  addTexts(app, options, { health, authorizePath });
  app.all("/openapi/*", async (context) => {
    authorizePath(context);
    const { req, env, get } = context;
    if (remote.has(new URL(req.url))) {
      return await remote.answer(req.raw, { user: get("user"), stopping: env.stopping });
    }
    return openApi.answer(context.req.raw, new URL(context.req.url)) ?? notFoundText();
  });
  app.all("*", async (context) => {
    const { req, env, get } = context;
    const url = new URL(req.url);
    if (remote.has(url)) {
      calls.authorizeRemote(req.raw, { url, user: get("user"), audit: get("audit") });
      const answer = await remote.answer(req.raw, { user: get("user"), stopping: env.stopping });
      return env.headFirst?.(answer) ?? answer;
    }
    const discovered = discovery.at(trimmed(url.pathname));
    if (discovered !== undefined) {
      authorizePath(context);
      return discovered(req.raw);
    }
    const who = { user: get("user"), audit: get("audit") };
    const open = calls.open(req.raw, { url, ...who, connection: env });
    if (open === undefined) return notFoundText();
    const { call } = open;
    context.set("path", call.path);
    context.set("warnings", open.warnings);
    const limited = { request: req.raw, path: call.path, user: call.user };
    const response = await limits.run(limited, () => router.answer(call, env));
    addWarnings(response, open.warnings);
    return response;
  });
}

const WRITING = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** What is told as it is, to whoever may read it, whatever the method where upstream does not look at it. */
function addTexts(
  app: Hono<Env>,
  { metrics, documents = {} }: Pick<ApiOptions, "metrics" | "documents">,
  {
    health,
    authorizePath,
  }: { readonly health: Health; readonly authorizePath: (context: Context<Env>) => void },
): void {
  for (const path of HEALTH_PATHS) {
    // Reading them takes no right; anything else does.
    app.on(WRITING, [`/${path}`, `/${path}/`], (context) => {
      authorizePath(context);
      const { searchParams: query } = new URL(context.req.url);
      return health.all({ path, query, stopping: context.env.stopping });
    });
    app.all(`/${path}/:check{.+}`, (context) => {
      authorizePath(context);
      const { stopping } = context.env;
      return health.one({ path, stopping }, context.req.param("check")) ?? notFoundText();
    });
  }
  app.all("/metrics", (context) => {
    authorizePath(context);
    return new Response(metrics.text(), { headers: METRICS_TYPE });
  });
  app.all("/metrics/slis", (context) => {
    authorizePath(context);
    return new Response(health.slis.text(), { headers: METRICS_TYPE });
  });
  for (const [path, { type, text }] of Object.entries(documents)) {
    app.all(path, (context) => {
      authorizePath(context);
      if (context.req.method !== "GET") throw methodNotAllowed();
      const headers = { "Content-Type": type, "Cache-Control": "public, max-age=3600" };
      return new Response(text, { headers });
    });
  }
}

const isGoingOn = ({ req, get }: Context<Env>): boolean => {
  const path = get("path");
  return path !== undefined && isLong(req.raw, path);
};

const trimmed = (path: string): string => (path.endsWith("/") ? path.slice(0, -1) : path);
