import type { Contents, Operation } from "./operation.ts";

/** What the main thread tells the writer thread. */
export type Request =
  | { readonly kind: "open"; readonly path: string; readonly key: Uint8Array }
  | { readonly kind: "commit"; readonly operations: readonly Operation[] }
  | { readonly kind: "close" };

/** The writer's answers, one per request, in order. */
export type Reply =
  | { readonly kind: "opened"; readonly contents: Contents }
  | { readonly kind: "committed" }
  | { readonly kind: "closed" }
  /** `user`: the message is for the person at the terminal. */
  | { readonly kind: "failed"; readonly message: string; readonly user: boolean };
