import { connectFailure } from "#lib/connect-failure.ts";
import { ImageError } from "../image-error.ts";
import { authorize, fetchTls, parseChallenge } from "./authorization.ts";
import type { Endpoint } from "./endpoints.ts";

/** How long a registry may take to begin an answer. */
const ANSWER_MS = 30_000;
const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A failure that may be over at the next try: the connection, or an answer of 5xx or 429. */
export class PassingFailure extends ImageError {}

/** Other bytes than those that were asked for, or none where there should be some. */
export class WrongBytes extends ImageError {}

/** Nothing at all came back. */
export class RegistryUnreachable extends PassingFailure {}

export interface Ask {
  /** Below the repository: `manifests/latest`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One registry or mirror, asked about one repository. */
export class EndpointClient {
  readonly #endpoint: Endpoint;
  readonly #answerMs: number;
  #authorization: string | undefined;

  constructor(endpoint: Endpoint, { answerMs = ANSWER_MS }: { readonly answerMs?: number } = {}) {
    this.#endpoint = endpoint;
    this.#answerMs = answerMs;
  }

  /** For errors. */
  get host(): string {
    return new URL(this.#endpoint.url).host;
  }

  /**
   * An answer of 200 or 206.
   * @throws {ImageError} in words for people; a PassingFailure where another try may help.
   */
  async get({ path, headers = {} }: Ask, signal: AbortSignal): Promise<Response> {
    const { url, repository, namespace } = this.#endpoint;
    const target = new URL(`${url}/${repository}/${path}`);
    if (namespace !== undefined) target.searchParams.set("ns", namespace);
    let answer = await this.#fetch(target, headers, signal);
    if (answer.status === 401) {
      await answer.body?.cancel();
      if (await this.#meet(answer, signal)) answer = await this.#fetch(target, headers, signal);
    }
    if (answer.ok) return answer;
    throw await this.#refusal(answer, path);
  }

  /** Whether there is anything new to answer a 401 with. */
  async #meet(answer: Response, signal: AbortSignal): Promise<boolean> {
    const challenge = parseChallenge(answer.headers.get("www-authenticate"));
    if (!challenge) return false;
    const { credentials, repository, tls, url } = this.#endpoint;
    const request = { challenge, credentials, repository, registryUrl: url, ...(tls && { tls }) };
    const authorization = await authorize(request, signal);
    const isNew = authorization !== undefined && authorization !== this.#authorization;
    this.#authorization = authorization;
    return isNew;
  }

  /** Follows to where the bytes are; another host gets no credentials, and no certificate of ours. */
  async #fetch(
    first: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    let url = first;
    for (let count = 0; count <= MAX_REDIRECTS; count += 1) {
      const answer = await this.#fetchOne(url, headers, signal);
      const location = answer.headers.get("location");
      if (!REDIRECTS.has(answer.status) || location === null) return answer;
      await answer.body?.cancel();
      const next = new URL(location, url);
      if (url.protocol === "https:" && next.protocol !== "https:") {
        throw new ImageError(`${url.host} leads from HTTPS to ${next.protocol}//${next.host}`);
      }
      url = next;
    }
    throw new ImageError(`${first.host} leads from one place to the next without end`);
  }

  async #fetchOne(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    const { tls } = this.#endpoint;
    const isOwn = url.host === this.host;
    const authorization = isOwn ? this.#authorization : undefined;
    // Only for the beginning of the answer: its bytes take what they take.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#answerMs);
    try {
      return await fetch(url, {
        headers: { ...headers, ...(authorization !== undefined && { authorization }) },
        redirect: "manual",
        // Layers are compressed already, and their digests are of the bytes as they are sent.
        decompress: false,
        signal: AbortSignal.any([signal, late.signal]),
        ...(isOwn && tls && { tls: fetchTls(tls) }),
      });
    } catch (error) {
      if (signal.aborted) throw error;
      const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
      const why = late.signal.aborted
        ? `${url.host} does not answer within ${this.#answerMs / 1000} s`
        : connectFailure(error, { host: url.hostname.replace(/^\[|\]$/g, ""), port });
      throw new RegistryUnreachable(why);
    } finally {
      clearTimeout(timer);
    }
  }

  async #refusal(answer: Response, path: string): Promise<ImageError> {
    const words = await wordsOf(answer);
    const { repository, credentials } = this.#endpoint;
    switch (answer.status) {
      case 401:
      case 403:
        return new ImageError(
          `unauthorized: ${this.host} refuses ${repository} ${credentials ? "with these credentials" : "without credentials"}${words}`,
        );
      case 404:
        return new ImageError(`not found: ${this.host} has no ${repository} ${path}${words}`);
      case 416:
        return new WrongBytes(`${this.host} has fewer bytes of ${path} than it should have`);
      case 429:
        return new PassingFailure(`${this.host} answers 429: too many requests${words}`);
      default: {
        const message = `${this.host} answers ${answer.status}${words}`;
        return answer.status >= 500 ? new PassingFailure(message) : new ImageError(message);
      }
    }
  }
}

const MAX_WORDS_BYTES = 16 * 1024;

/** The registry's own words for a refusal, in brackets; empty where it gives none (OCI distribution-spec, error codes). */
async function wordsOf(answer: Response): Promise<string> {
  try {
    const text = await limitedText(answer, MAX_WORDS_BYTES);
    const { errors = [] }: { errors?: { message?: unknown }[] } = JSON.parse(text);
    const messages = errors.flatMap(({ message }) =>
      typeof message === "string" ? [message] : [],
    );
    return messages.length === 0 ? "" : ` (${messages.join("; ").slice(0, 300)})`;
  } catch {
    return "";
  }
}

/** The text of an answer. @throws {ImageError} when it is longer than it may be. */
export async function limitedText(answer: Response, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    bytes += part.length;
    if (bytes > maxBytes) {
      throw new ImageError(`the answer is longer than ${maxBytes} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
