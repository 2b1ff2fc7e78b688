import { randomUUID } from "node:crypto";
import { invalid } from "#api/field-error.ts";
import {
  type KubeObject,
  nameOf,
  namespaceOf,
  type ServiceAccount,
  type TokenRequest,
} from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { NODES, PODS, SECRETS } from "#api/resources.ts";
import { badRequest, conflict, invalidObject, notFound } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { ServiceAccountTokens, TokenOrder } from "../authentication/service-account-tokens.ts";
import { cloneJson } from "../json.ts";
import { visibleOf } from "../kind.ts";
import type { Action, Strategy } from "../strategy.ts";

const DEFAULT_SECONDS = 3600;
const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;
/** What pods ask for: their tokens go on for a year, for programs that read them only once. */
const POD_SECONDS = 3607;
/** Under which key the audit log tells which token was given. */
const ISSUED = "authentication.kubernetes.io/issued-credential-id";
const EXTENDED_SECONDS = 365 * 24 * 3600;

const RESOURCE = { group: "authentication.k8s.io", plural: "tokenrequests", kind: "TokenRequest" };

type Bound = Pick<TokenOrder, "pod" | "node" | "secret">;

interface TokenMaker {
  readonly tokens: ServiceAccountTokens;
  readonly store: ObjectStore;
}

/** ServiceAccounts: tokens are asked for at `serviceaccounts/<name>/token`. */
export function serviceAccounts(maker: TokenMaker): Strategy<ServiceAccount> {
  return { actions: { token: tokenRequest(maker) } };
}

function tokenRequest({ tokens, store }: TokenMaker): Action<ServiceAccount> {
  return {
    apply(account, body, { now, annotate }) {
      const { spec, metadata }: Partial<TokenRequest> = body;
      const {
        audiences,
        expirationSeconds: seconds = DEFAULT_SECONDS,
        boundObjectRef,
      } = spec ?? {};
      checkIdentity(account, body);
      checkSeconds(seconds);
      const wanted = audiences?.length ? audiences : [tokens.issuer];
      const bound = boundObjectRef ? boundTo({ store, account }, boundObjectRef) : {};
      const isExtended =
        bound.pod !== undefined &&
        seconds === POD_SECONDS &&
        wanted.every((one) => one === tokens.issuer);
      const id = randomUUID();
      const token = tokens.issue({
        id,
        account,
        audiences: wanted,
        ...bound,
        seconds: isExtended ? EXTENDED_SECONDS : seconds,
        ...(isExtended && { warnAfterSeconds: seconds }),
      });
      annotate(ISSUED, `JTI=${id}`);
      const answer: TokenRequest = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        metadata: {
          ...cloneJson(metadata ?? {}),
          name: nameOf(account),
          namespace: namespaceOf(account),
          uid: account.metadata?.uid ?? "",
          creationTimestamp: rfc3339(now),
        },
        spec: { ...cloneJson(spec ?? {}), audiences: [...wanted], expirationSeconds: seconds },
        status: {
          token,
          expirationTimestamp: rfc3339(new Date(now.getTime() + seconds * 1000)),
        },
      };
      return { answer };
    },
  };
}

function checkIdentity(account: ServiceAccount, body: KubeObject): void {
  const wrong = (["name", "namespace"] as const).find((field) => {
    const sent = body.metadata?.[field] ?? "";
    return sent !== "" && sent !== account.metadata?.[field];
  });
  if (wrong === undefined) return checkUid(account, body.metadata?.uid ?? "");
  const detail = `must match the service account ${wrong} if specified`;
  const value = body.metadata?.[wrong];
  throw invalidObject({ resource: RESOURCE, name: nameOf(account) }, [
    invalid(`metadata.${wrong}`, { value, detail }),
  ]);
}

function checkUid({ metadata }: ServiceAccount, uid: string): void {
  if (uid === "" || uid === metadata?.uid) return;
  const { kind } = RESOURCE;
  throw conflict(
    { resource: { ...RESOURCE, plural: kind }, name: metadata?.name ?? "" },
    `the UID in the token request (${uid}) does not match the UID of the service account (${metadata?.uid})`,
  );
}

function checkSeconds(seconds: number): void {
  const detail =
    seconds < LEAST_SECONDS
      ? "may not specify a duration less than 10 minutes"
      : "may not specify a duration larger than 2^32 seconds";
  if (seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS) return;
  throw invalidObject({ resource: RESOURCE, name: "" }, [
    invalid("spec.expirationSeconds", { value: seconds, detail }),
  ]);
}

type Reference = NonNullable<NonNullable<TokenRequest["spec"]>["boundObjectRef"]>;

/** The object that a token ends with, and of a pod the node that it is on. */
function boundTo(
  { store, account }: { store: ObjectStore; account: ServiceAccount },
  { apiVersion = "", kind = "", name = "", uid = "" }: Reference,
): Bound {
  const namespace = namespaceOf(account);
  const read = <T extends KubeObject>(resource: Resource<T>): T => {
    if (name === "") throw badRequest("Name parameter required.");
    const within = resource.namespaced ? namespace : "";
    const found = visibleOf(store, { resource, namespace: within }, name);
    if (found === undefined) throw notFound({ resource, name });
    if (uid === "" || uid === found.metadata?.uid) return found;
    const subject = { resource: { group: resource.group, plural: kind, kind }, name };
    throw conflict(
      subject,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  };
  if (apiVersion === "v1" && kind === "Secret") return { secret: read(SECRETS) };
  if (apiVersion === "v1" && kind === "Node") return { node: read(NODES) };
  if (apiVersion !== "v1" || kind !== "Pod") {
    throw badRequest(`cannot bind token to object of type ${apiVersion}, Kind=${kind}`);
  }
  const pod = read(PODS);
  if (pod.spec?.serviceAccountName !== nameOf(account)) {
    throw badRequest(
      `cannot bind token for serviceaccount "${nameOf(account)}" to pod running with different serviceaccount name.`,
    );
  }
  const nodeName = pod.spec.nodeName ?? "";
  if (nodeName === "") return { pod };
  const node = visibleOf(store, { resource: NODES, namespace: "" }, nodeName);
  return { pod, node: node ?? { metadata: { name: nodeName } } };
}
