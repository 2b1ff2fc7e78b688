import type { SecretKeys } from "./cipher.ts";
import type { Contents } from "./operation.ts";
import type { PackedOperations } from "./packed-operations.ts";
import type { Salvage } from "./salvage.ts";

/** How far a walk over all rows that hold secrets has come. */
export interface ResealPosition {
  readonly table: "objects" | "meta" | "quarantine";
  /** Rows after this one. */
  readonly rowid: number;
}

/** What the main thread tells the writer thread. */
export type Request =
  | { readonly kind: "open"; readonly path: string; readonly keys: SecretKeys }
  /** Makes a damaged file anew of what can be read of it; nothing else is asked of that thread. */
  | { readonly kind: "salvage"; readonly path: string }
  | { readonly kind: "commit"; readonly operations: PackedOperations }
  /** Secrets are sealed by `keys.key` from now on. */
  | { readonly kind: "useKeys"; readonly keys: SecretKeys }
  /** Seals some rows anew that an older key sealed. */
  | { readonly kind: "reseal"; readonly from: ResealPosition }
  /** Leaves nothing in the files but what the rows hold now. */
  | { readonly kind: "compact" }
  | { readonly kind: "close" };

/** The writer's answers, one per request, in order. */
export type Reply =
  | { readonly kind: "opened"; readonly contents: Contents }
  | { readonly kind: "salvaged"; readonly salvage: Salvage }
  | { readonly kind: "committed" }
  /** Where to go on; absent when all is done. */
  | { readonly kind: "resealed"; readonly next?: ResealPosition }
  | { readonly kind: "done" }
  | { readonly kind: "closed" }
  /** `user`: the message is for the person at the terminal. `damage`: pages cannot be read. */
  | {
      readonly kind: "failed";
      readonly message: string;
      readonly user: boolean;
      readonly damage: boolean;
    };
