import { createHash, timingSafeEqual } from "node:crypto";
import type { Secret } from "#api/object.ts";
import { SECRETS } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Clock } from "#lib/clock.ts";
import { itemOf, keyOf } from "../kind.ts";
import { authenticatedUser, type TokenAuthenticator, TokenRefused } from "./authenticator.ts";

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const TYPE = "bootstrap.kubernetes.io/token";

/**
 * Recognises whoever joins: `<id>.<secret>` as the Secret `bootstrap-token-<id>` of kube-system has
 * them (plugin/pkg/auth/authenticator/token/bootstrap).
 */
export function bootstrapTokens(store: ObjectStore, clock: Clock): TokenAuthenticator {
  return {
    authenticate(token, audiences) {
      const [, id, secret] = TOKEN.exec(token) ?? [];
      if (id === undefined || secret === undefined) return undefined;
      const key = keyOf({ resource: SECRETS, namespace: "kube-system" }, `bootstrap-token-${id}`);
      const item = store.get(key);
      const found = item && itemOf(SECRETS, item).value;
      if (found === undefined || !isGood(found, { id, secret, now: clock.now() })) {
        throw new TokenRefused("invalid bootstrap token");
      }
      const user = authenticatedUser({
        name: `system:bootstrap:${id}`,
        groups: ["system:bootstrappers", ...groupsOf(found)],
      });
      return { user, audiences };
    },
  };
}

function isGood(
  secret: Secret,
  token: { readonly id: string; readonly secret: string; readonly now: Date },
): boolean {
  const expiration = textOf(secret, "expiration");
  return (
    secret.type === TYPE &&
    secret.metadata?.deletionTimestamp === undefined &&
    textOf(secret, "token-id") === token.id &&
    timingSafeEqual(digest(textOf(secret, "token-secret")), digest(token.secret)) &&
    (expiration === "" || Date.parse(expiration) > token.now.getTime()) &&
    textOf(secret, "usage-bootstrap-authentication") === "true" &&
    groupsOf(secret).every((group) => GROUP.test(group))
  );
}

function groupsOf(secret: Secret): readonly string[] {
  return textOf(secret, "auth-extra-groups")
    .split(",")
    .filter((group) => group !== "");
}

function textOf({ data }: Secret, name: string): string {
  return Buffer.from(data?.[name] ?? "", "base64").toString();
}

const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();
