import type { Sender } from "#api/sender.ts";
import type { UserInfo } from "#api/verbs.ts";

/** What is told of how somebody showed who he is. */
type Notes = Omit<Sender, "user">;

/** Who bears a token, and for which of the audiences that were asked for it is good. */
export interface Authenticated {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
  readonly notes?: Notes;
}

/** A token is of a kind that we know and does not hold; the message says why, for reviews. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
  readonly notes: Notes;

  constructor(message: string, notes: Notes = {}) {
    super(message);
    this.notes = notes;
  }
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

/** Who sent a request by the token that it brings. */
export function senderOf(
  authenticator: TokenAuthenticator,
  { headers, audiences }: { readonly headers: Headers; readonly audiences: readonly string[] },
): Sender {
  const [, token] = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (token === undefined) return {};
  try {
    const { user, notes } = authenticator.authenticate(token, audiences) ?? {};
    return { ...notes, ...(user && { user }) };
  } catch (error) {
    if (error instanceof TokenRefused) return error.notes;
    throw error;
  }
}

/** Asks one authenticator after the other. Whoever is known is also `system:authenticated`. */
export function firstOf(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    authenticate(token, audiences) {
      const refusals: TokenRefused[] = [];
      for (const one of authenticators) {
        try {
          const found = one.authenticate(token, audiences);
          if (found) return found;
        } catch (error) {
          if (!(error instanceof TokenRefused)) throw error;
          refusals.push(error);
        }
      }
      const all = ["invalid bearer token", ...refusals.map(({ message }) => message)];
      throw new TokenRefused(`[${all.join(", ")}]`, refusals.at(-1)?.notes);
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
