import { type Context, Hono } from "hono";
import { unknownResource } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { Api, ApiOptions, Connection } from "./api-options.ts";
import { Calls } from "./calls.ts";
import { Discovery } from "./discovery.ts";
import { answerError, badRequestText, notFoundText } from "./error-response.ts";
import { HEALTH_PATHS, Health } from "./health.ts";
import { OpenApi } from "./openapi.ts";
import { streamOf } from "./pod-streams.ts";
import { discardBody } from "./read-body.ts";
import { DEFAULT_LIMITS, RequestLimits } from "./request-limits.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { isStream, type ResourcePath } from "./request-path.ts";
import { respondValue } from "./respond.ts";
import { Router, verbOf } from "./router.ts";
import type { StreamCall } from "./stream-call.ts";
import { addWarnings } from "./warnings.ts";

type Env = { Bindings: Connection; Variables: { user: UserInfo; path?: ResourcePath } };

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
  app.onError((error, { req }) => {
    // The client went away in the middle of its request: nothing failed.
    if (req.raw.signal.aborted) return badRequestText();
    return answerError(error, log, req.raw);
  });
  app.use(async (context, next) => {
    const fromMs = nowMs();
    await next();
    const { headers, status } = context.res;
    const seconds = (nowMs() - fromMs) / 1000;
    counted.answered({ request: context.req.raw, path: context.get("path"), status, seconds });
    headers.set("Audit-Id", crypto.randomUUID());
    if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-cache, private");
  });
  app.use(async ({ req, env }, next) => {
    // Who shows something wrong is not even told what everybody may know.
    if (env.peer === "untrusted") calls.userOf(req.raw, env);
    await next();
  });
  const health = new Health(options.checks, log);
  addPublicRoutes(app, options, health);
  app.use(async (context, next) => {
    const request = context.req.raw;
    try {
      context.set("user", calls.userOf(request, context.env));
    } catch (error) {
      await discardBody(request, STRANGER_MS);
      throw error;
    }
    // Only those we know may be quiet for hours.
    context.env.server?.timeout(request, 0);
    await next();
    await discardBody(request);
  });
  const router = new Router(options);
  addRoutes(app, options, { calls, health, limits, router });
  return {
    // A `Host` that cannot be part of an URL leaves no URL to look at.
    fetch: async (request, connection = {}) =>
      URL.canParse(request.url) ? app.fetch(request, connection) : badRequestText(),
    resolveStream: async (request, connection = {}) =>
      resolveStream(calls, { request, connection, options }),
    upgradeProxied: async (request, connection = {}) => {
      const url = new URL(request.url);
      if (!calls.isProxied(url)) return undefined;
      const user = calls.userOf(request, connection);
      const open = calls.open(request, { url, user, connection });
      return open && (await router.upgradeProxied(open.call));
    },
    errorResponse: (error) => answerError(error, log),
  };
}

/** What everybody may know. */
function addPublicRoutes(app: Hono<Env>, { version }: ApiOptions, health: Health): void {
  for (const path of HEALTH_PATHS) {
    const answer = ({ req, env: { stopping } }: Context<Env>): Response =>
      health.all({ path, query: new URL(req.url).searchParams, stopping });
    app.get(`/${path}`, answer);
    app.get(`/${path}/`, answer);
  }
  app.get("/version", ({ req }) => respondValue(req.raw, version));
}

interface Parts {
  readonly calls: Calls;
  readonly health: Health;
  readonly limits: RequestLimits;
  readonly router: Router;
}

function addRoutes(
  app: Hono<Env>,
  options: ApiOptions,
  { calls, health, limits, router }: Parts,
): void {
  const discovery = new Discovery(options.catalog);
  const openApi = new OpenApi(options.catalog);
  const { documents = {} } = options;
  const fixed = [
    ...Object.keys(documents),
    ...HEALTH_PATHS.map((path) => `/${path}`),
    ...health.paths,
    "/metrics",
    "/openapi/v2",
    "/openapi/v3",
    "/version",
  ];
  const authorizePath = ({ req, get }: Context<Env>): void =>
    calls.authorizePath(req.raw, { url: new URL(req.url), user: get("user") });
  app.get("/", (context) => {
    authorizePath(context);
    return respondValue(context.req.raw, { paths: [...discovery.paths, ...fixed].sort() });
  });
  for (const path of HEALTH_PATHS) {
    app.get(`/${path}/:check{.+}`, (context) => {
      authorizePath(context);
      const { stopping } = context.env;
      return health.one({ path, stopping }, context.req.param("check")) ?? notFoundText();
    });
  }
  app.get("/metrics", (context) => {
    authorizePath(context);
    return new Response(options.metrics.text(), { headers: METRICS_TYPE });
  });
  for (const [path, { type, text }] of Object.entries(documents)) {
    app.get(path, (context) => {
      authorizePath(context);
      const headers = { "Content-Type": type, "Cache-Control": "public, max-age=3600" };
      return new Response(text, { headers });
    });
  }
  app.get("/openapi/*", (context) => {
    authorizePath(context);
    return openApi.answer(context.req.raw, new URL(context.req.url)) ?? notFoundText();
  });
  app.all("*", async (context) => {
    const { req, env, get } = context;
    const url = new URL(req.url);
    const found =
      req.method === "GET" ? discovery.answer(req.raw, trimmed(url.pathname)) : undefined;
    if (found) {
      authorizePath(context);
      return found;
    }
    const open = calls.open(req.raw, { url, user: get("user"), connection: env });
    if (open === undefined) return notFoundText();
    const { call } = open;
    context.set("path", call.path);
    const limited = { request: req.raw, path: call.path, user: call.user };
    const response = await limits.run(limited, () => router.answer(call, env));
    addWarnings(response, open.warnings);
    return response;
  });
}

const trimmed = (path: string): string => (path.endsWith("/") ? path.slice(0, -1) : path);

async function resolveStream(
  calls: Calls,
  {
    request,
    connection,
    options,
  }: { request: Request; connection: Connection; options: ApiOptions },
): Promise<StreamCall> {
  const user = calls.userOf(request, connection);
  const open = calls.open(request, { url: new URL(request.url), user, connection });
  if (open === undefined || !isStream(open.call.path)) throw unknownResource();
  verbOf(open.call);
  return { request, stream: await streamOf(open.call), streams: options.nodeStreams };
}
