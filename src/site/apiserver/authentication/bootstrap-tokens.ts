import { createHash, timingSafeEqual } from "node:crypto";
import {
  BOOTSTRAP_TOKEN_NAMESPACE,
  type BootstrapToken,
  bootstrapSecretName,
  bootstrapTokenOf,
} from "#api/bootstrap-token.ts";
import { SECRETS } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Clock } from "#lib/clock.ts";
import { visibleOf } from "../kind.ts";
import { authenticatedUser, type TokenAuthenticator, TokenRefused } from "./authenticator.ts";

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/**
 * Recognises whoever joins: `<id>.<secret>` as the Secret `bootstrap-token-<id>` of kube-system has
 * them (plugin/pkg/auth/authenticator/token/bootstrap).
 */
export function bootstrapTokens(store: ObjectStore, clock: Clock): TokenAuthenticator {
  return {
    authenticate(token, audiences) {
      const [, id, secret] = TOKEN.exec(token) ?? [];
      if (id === undefined || secret === undefined) return undefined;
      const place = { resource: SECRETS, namespace: BOOTSTRAP_TOKEN_NAMESPACE };
      const found = visibleOf(store, place, bootstrapSecretName(id));
      if (found === undefined || found.metadata?.deletionTimestamp !== undefined) throw refused();
      const known = bootstrapTokenOf(found);
      if (known === undefined || !isGood(known, { secret, now: clock.now() })) throw refused();
      const user = authenticatedUser({
        name: `system:bootstrap:${id}`,
        groups: ["system:bootstrappers", ...known.groups],
      });
      return { user, audiences };
    },
  };
}

const refused = (): TokenRefused => new TokenRefused("invalid bootstrap token");

function isGood(
  known: BootstrapToken,
  { secret, now }: { readonly secret: string; readonly now: Date },
): boolean {
  return (
    timingSafeEqual(digest(known.secret), digest(secret)) &&
    known.expiresMs > now.getTime() &&
    known.forAuthentication &&
    known.groups.every((group) => GROUP.test(group))
  );
}

const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();
