import type { ObjectStore } from "#db/object-store.ts";
import { connectFailure } from "#lib/connect-failure.ts";
import { explain } from "#lib/errors.ts";
import { trustIn } from "#lib/x509/trust.ts";
import { type ClientConfig, type Endpoint, endpointOf } from "./endpoint.ts";
import { statusText } from "./status-text.ts";

const HTTPS_PORT = 443;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Whom to call, and how long to wait. */
export interface Callee {
  readonly client: ClientConfig;
  readonly timeoutSeconds: number;
  /** The caller's name. */
  readonly userAgent: string;
}

/** A call failed; `message` says how in the words of Go's client. */
export class WebhookCallError extends Error {
  override readonly name = "WebhookCallError";
  /** False where the place itself is none that could be called. */
  readonly wasCalled: boolean;

  constructor(message: string, wasCalled: boolean) {
    super(message);
    this.wasCalled = wasCalled;
  }
}

/**
 * Posts a review to a webhook over TLS that its CA bundle vouches for; answers the parsed body.
 * @throws WebhookCallError
 */
export async function callWebhook(
  store: ObjectStore,
  callee: Callee,
  review: object,
): Promise<unknown> {
  const endpoint = endpointOrFailure(store, callee);
  const url = new URL(endpoint.url);
  url.searchParams.set("timeout", `${callee.timeoutSeconds}s`);
  const failed = (why: string): WebhookCallError => new WebhookCallError(why, true);
  let answer: { code: number; body: string };
  try {
    answer = await post(url, { endpoint, callee, review });
  } catch (error) {
    throw failed(`Post ${JSON.stringify(shownUrl(url))}: ${reasonOf(error, url)}`);
  }
  if (answer.code < 200 || answer.code > 299) throw failed(statusText(answer.code, answer.body));
  try {
    return JSON.parse(answer.body);
  } catch (error) {
    throw failed(explain(error));
  }
}

function endpointOrFailure(store: ObjectStore, { client }: Callee): Endpoint {
  try {
    return endpointOf(store, client);
  } catch (error) {
    throw new WebhookCallError(explain(error), false);
  }
}

async function post(
  url: URL,
  {
    endpoint,
    callee: { client, timeoutSeconds, userAgent },
    review,
  }: { endpoint: Endpoint; callee: Callee; review: object },
): Promise<{ code: number; body: string }> {
  const dialled = endpoint.resolve();
  const target =
    dialled === undefined ? url : new URL(`https://${dialled}${url.pathname}${url.search}`);
  const { caBundle } = client;
  const response = await fetch(target, {
    method: "POST",
    body: JSON.stringify(review),
    headers: {
      Accept: "application/json, */*",
      "Content-Type": "application/json",
      "User-Agent": userAgent,
      ...(dialled !== undefined && { Host: url.host }),
    },
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
    tls: {
      ...(caBundle && trustIn(Buffer.from(caBundle, "base64").toString())),
      ...(dialled !== undefined && { serverName: url.hostname }),
    },
  });
  return { code: response.status, body: await textOf(response) };
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES)
      throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** With the port that is Go's to show and JavaScript's to drop. */
function shownUrl(url: URL): string {
  const port = url.port === "" && url.hostname.endsWith(".svc") ? `:${HTTPS_PORT}` : "";
  return `https://${url.host}${port}${url.pathname}${url.search}`;
}

/** What went wrong on the way, in the words that Go's client has for it. */
function reasonOf(error: unknown, url: URL): string {
  if (error instanceof Error && error.name === "TimeoutError") return "context deadline exceeded";
  return connectFailure(error, { host: url.hostname, port: Number(url.port || HTTPS_PORT) });
}
