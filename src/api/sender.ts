import type { UserInfo } from "./verbs.ts";

/** Who sent a request, nobody where he is not known, and what is told of how he showed it. */
export interface Sender {
  readonly user?: UserInfo;
  /** How long it took to find out. */
  readonly tookMs?: number;
  /** For the request's event in the audit log. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Texts for the client's `Warning` header. */
  readonly warnings?: readonly string[];
}
