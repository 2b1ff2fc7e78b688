import type { UserInfo } from "#api/verbs.ts";

/** Who bears a token, and for which of the audiences that were asked for it is good. */
export interface Authenticated {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

/** A token is of a kind that we know and does not hold; the message says why, for reviews. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}

/** Recognises one kind of bearer tokens. */
export interface TokenAuthenticator {
  /**
   * Answers `undefined` for a token of another kind.
   * @throws TokenRefused
   */
  authenticate(token: string, audiences: readonly string[]): Authenticated | undefined;
}

const AUTHENTICATED = "system:authenticated";

/** Who sent a request by the token that it brings; `undefined` when nobody we know. */
export function userOf(
  authenticator: TokenAuthenticator,
  { headers, audiences }: { readonly headers: Headers; readonly audiences: readonly string[] },
): UserInfo | undefined {
  const [, token] = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (token === undefined) return undefined;
  try {
    return authenticator.authenticate(token, audiences)?.user;
  } catch (error) {
    if (error instanceof TokenRefused) return undefined;
    throw error;
  }
}

/** Asks one authenticator after the other. Whoever is known is also `system:authenticated`. */
export function firstOf(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    authenticate(token, audiences) {
      const refusals: string[] = [];
      for (const one of authenticators) {
        try {
          const found = one.authenticate(token, audiences);
          if (found) return found;
        } catch (error) {
          if (!(error instanceof TokenRefused)) throw error;
          refusals.push(error.message);
        }
      }
      throw new TokenRefused(`[${["invalid bearer token", ...refusals].join(", ")}]`);
    },
  };
}

/** An authenticator whose tokens are for the API and name no audiences. */
export function forAudiences(
  own: readonly string[],
  { authenticate }: TokenAuthenticator,
): TokenAuthenticator {
  return {
    authenticate(token, audiences) {
      const common = audiences.filter((one) => own.includes(one));
      return common.length > 0 ? authenticate(token, common) : undefined;
    },
  };
}

/** The user with the group of all who were recognised. */
export function authenticatedUser(user: UserInfo): UserInfo {
  return { ...user, groups: [...user.groups, AUTHENTICATED] };
}
