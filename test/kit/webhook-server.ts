import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import type { KubeObject } from "#api/object.ts";
import { createAuthority, generateKey, issueLeaf, NO_EXPIRY } from "#lib/x509/certificate.ts";

/** What tests read of an AdmissionReview's request. */
export interface AdmissionRequestBody {
  readonly uid: string;
  readonly operation: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly subResource?: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly requestKind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly object: (KubeObject & Record<string, unknown>) | null;
  readonly oldObject: (KubeObject & Record<string, unknown>) | null;
  readonly dryRun: boolean;
  readonly options: Readonly<Record<string, unknown>> | null;
  readonly userInfo: { readonly username: string; readonly groups: readonly string[] };
}

interface Review {
  readonly apiVersion: string;
  readonly request: AdmissionRequestBody;
}

/** A webhook's answer: its `response` beside `uid`, or a whole HTTP response of its own. */
export type Answer = Readonly<Record<string, unknown>> | Response;
export type Answering = (request: AdmissionRequestBody, path: string) => Answer | Promise<Answer>;

export interface WebhookServer extends TlsServer {
  /** Every request that came, in order, with its path. */
  readonly asked: readonly { readonly path: string; readonly request: AdmissionRequestBody }[];
}

const validity = { notBefore: new Date(0), notAfter: NO_EXPIRY };

/** A server on loopback over TLS, with an authority of its own. */
export interface TlsServer extends Disposable {
  readonly port: number;
  /** Base64, as `clientConfig.caBundle` wants it. */
  readonly caBundle: string;
  /** The server's own certificate in the same form. */
  readonly certificate: string;
  url(path?: string): string;
}

export function startTlsServer(
  fetch: (request: Request) => Promise<Response>,
  { hosts = ["127.0.0.1"] }: { readonly hosts?: readonly string[] } = {},
): TlsServer {
  const caKey = createPrivateKey(generateKey());
  const ca = createAuthority({ subject: { commonName: "hooks" }, privateKey: caKey, validity });
  const key = generateKey();
  const cert = issueLeaf({
    subject: { commonName: "hook" },
    publicKey: createPublicKey(key),
    issuer: { certificate: new X509Certificate(ca), privateKey: caKey },
    validity,
    usages: ["server"],
    hosts,
  });
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", tls: { cert, key }, fetch });
  return {
    port: server.port ?? 0,
    caBundle: Buffer.from(ca).toString("base64"),
    certificate: Buffer.from(cert).toString("base64"),
    url: (path = "/") => `https://127.0.0.1:${server.port}${path}`,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

/** An admission webhook. */
export function startWebhook(
  answering: Answering,
  options: { readonly hosts?: readonly string[] } = {},
): WebhookServer {
  const asked: { path: string; request: AdmissionRequestBody }[] = [];
  const server = startTlsServer(async (httpRequest) => {
    const { pathname: path } = new URL(httpRequest.url);
    const review: Review = JSON.parse(await httpRequest.text());
    const { apiVersion, request } = review;
    asked.push({ path, request });
    const answer = await answering(request, path);
    if (answer instanceof Response) return answer;
    const response = { uid: request.uid, ...answer };
    return Response.json({ apiVersion, kind: "AdmissionReview", response });
  }, options);
  return { ...server, asked };
}

/** A response that allows and changes. */
export function patching(...operations: readonly object[]): Answer {
  const patch = Buffer.from(JSON.stringify(operations)).toString("base64");
  return { allowed: true, patchType: "JSONPatch", patch };
}
