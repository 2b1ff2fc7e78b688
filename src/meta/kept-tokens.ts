import { createHash } from "node:crypto";
import { RESOURCE_TYPE } from "#bus/constants.ts";
import { formatResource } from "#bus/resource-path.ts";
import type { Clock } from "#lib/clock.ts";
import type { MetaRow, MetaStore } from "./meta-store.ts";
import type { ObjectPath } from "./rows.ts";

/** What of a TokenRequest counts here. */
interface Request {
  readonly spec?: {
    readonly expirationSeconds?: number;
    readonly boundObjectRef?: { readonly uid?: string };
  };
  readonly status?: { readonly expirationTimestamp?: string };
}

/**
 * The tokens of ServiceAccounts that pods of a joined node were given, for when it is cut off: each
 * until it ends, or its pod does. The same account has one for every request.
 */
export class KeptTokens {
  readonly #store: MetaStore;
  readonly #clock: Clock;

  constructor({ store, clock }: { readonly store: MetaStore; readonly clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The answer to a request from before, with the seconds that are left of it; `undefined` once it is over. */
  get(account: ObjectPath, request: unknown): string | undefined {
    const row = this.#store.get(keyOf(account, request));
    if (row === undefined) return undefined;
    const kept = requestIn(JSON.parse(row.value));
    const { expirationSeconds = 0 } = kept.spec ?? {};
    if (this.#isOver(kept)) return undefined;
    const left = Math.floor(this.#leftMs(kept) / 1000);
    // A clock that is behind gives no token a longer life.
    const seconds = Math.min(left, expirationSeconds);
    return JSON.stringify({ ...kept, spec: { ...kept.spec, expirationSeconds: seconds } });
  }

  save(account: ObjectPath, request: unknown, answer: unknown): void {
    this.#forget((row) => this.#isOver(requestIn(JSON.parse(row.value))));
    const value = typeof answer === "string" ? answer : JSON.stringify(answer);
    this.#store.put({ key: keyOf(account, request), type: account.type, value });
  }

  /** The pod with this UID is gone. */
  forgetPod(uid: string): void {
    if (uid !== "") this.#forget(({ key }) => key.includes(`/${uid}/`));
  }

  #forget(isOver: (row: MetaRow) => boolean): void {
    for (const row of this.#store.list(RESOURCE_TYPE.serviceAccountToken)) {
      if (isOver(row)) this.#store.delete(row.key);
    }
  }

  /** One that does not say when it ends is over. */
  #isOver(kept: Request): boolean {
    return !(this.#leftMs(kept) >= 1000);
  }

  #leftMs({ status }: Request): number {
    return Date.parse(status?.expirationTimestamp ?? "") - this.#clock.now().getTime();
  }
}

/** `<namespace>/serviceaccounttoken/<account>/<uid of the pod>/<what is asked for>` */
function keyOf(account: ObjectPath, request: unknown): string {
  const { spec } = requestIn(request);
  const { uid = "" } = spec?.boundObjectRef ?? {};
  const asked = createHash("sha256").update(JSON.stringify(spec)).digest("hex").slice(0, 16);
  return formatResource({ ...account, name: `${account.name}/${uid}/${asked}` });
}

function requestIn(content: unknown): Request {
  return typeof content === "object" && content !== null ? content : {};
}
