import type { KubeConfig } from "@kubernetes/client-node";
import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  RequestContext,
  type ResponseContext,
} from "@kubernetes/client-node/dist/gen/http/http.js";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { type Status, StatusError, type StatusReason, serviceUnavailable } from "#api/status.ts";
import { explain } from "#lib/errors.ts";
import { jsonText } from "#lib/json-text.ts";

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface RestRequest {
  readonly method: keyof typeof HttpMethod;
  readonly path: string;
  readonly query?: Query;
  readonly body?: { readonly type: string; readonly value: unknown };
  readonly signal: AbortSignal;
  /** Receives the texts of `Warning` headers. */
  readonly warn?: ((text: string) => void) | undefined;
}

/** What a request is about; absent parts are not in the path. */
export interface RestTarget {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** `/apis/apps/v1/namespaces/x/deployments/web/scale`. */
export function pathOf({ resource, namespace, name, subresource }: RestTarget): string {
  const root = resource.group === "" ? "api" : "apis";
  const scope = resource.namespaced && namespace !== "" ? ["namespaces", namespace] : [];
  const parts = [root, ...apiVersionOf(resource).split("/"), ...scope, resource.plural];
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(subresource);
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

/**
 * Sends one request to the current cluster of a kubeconfig and answers its successful response.
 * @throws {StatusError} the server's own; 503 when it could not be reached.
 */
export async function send(config: KubeConfig, request: RestRequest): Promise<ResponseContext> {
  const response = await reach(config, request);
  for (const text of warnings(response)) request.warn?.(text);
  if (response.httpStatusCode >= 300) throw await failure(response);
  return response;
}

async function reach(config: KubeConfig, request: RestRequest): Promise<ResponseContext> {
  const { method, path, query = {}, body, signal } = request;
  const server = config.getCurrentCluster()?.server ?? "";
  try {
    const context = new RequestContext(server.replace(/\/$/, "") + path, HttpMethod[method]);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) context.setQueryParam(name, String(value));
    }
    context.setHeaderParam("Accept", "application/json");
    if (body) {
      context.setHeaderParam("Content-Type", body.type);
      context.setBody(jsonText(body.value));
    }
    context.setSignal(signal);
    await config.applySecurityAuthentication(context);
    return await new IsomorphicFetchHttpLibrary().send(context).toPromise();
  } catch (error) {
    throw unreachable(error);
  }
}

/** No answer, or one that broke off. */
export function unreachable(cause: unknown): StatusError {
  const error = serviceUnavailable(`Cannot reach the API server: ${explain(cause)}`);
  error.cause = cause;
  return error;
}

function warnings({ headers }: ResponseContext): string[] {
  // 299 - "text", 299 - "text"
  const matches = (headers["warning"] ?? "").matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g);
  return [...matches].map(([, text = ""]) => text.replace(/\\(.)/g, "$1"));
}

const REASONS: Readonly<Record<number, StatusReason>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  409: "Conflict",
  410: "Gone",
  422: "Invalid",
  429: "TooManyRequests",
  503: "ServiceUnavailable",
  504: "Timeout",
};

async function failure({ httpStatusCode: code, body }: ResponseContext): Promise<StatusError> {
  const text = await body.text();
  try {
    const answer: unknown = JSON.parse(text);
    if (isStatus(answer)) return StatusError.from(answer);
  } catch {
    // A proxy's or load balancer's page: the code is all there is.
  }
  const message = `the server answered ${code}: ${text.slice(0, 200)}`;
  return new StatusError(message, { code, reason: REASONS[code] ?? "InternalError" });
}

/** True for a `metav1.Status` document. */
export function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status";
}
