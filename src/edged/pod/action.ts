import type { Container } from "#api/object.ts";
import type { RuntimeContainer } from "../runtime/types.ts";

/** One step towards what is wanted. Two actions of one key never run at the same time. */
export type Action =
  | { readonly kind: "startSandbox"; readonly key: string; readonly attempt: number }
  | {
      readonly kind: "startContainer";
      readonly key: string;
      readonly container: Container;
      readonly attempt: number;
    }
  | {
      readonly kind: "stopContainer";
      readonly key: string;
      readonly container: RuntimeContainer;
      readonly graceMs: number;
      /** For the event: why it is stopped. */
      readonly message: string;
    }
  | { readonly kind: "removeContainer"; readonly key: string; readonly id: string }
  | { readonly kind: "removeSandbox"; readonly key: string; readonly id: string }
  /** Nothing of the pod is left in the runtime: its network, volumes and object may go. */
  | { readonly kind: "finish"; readonly key: string };

export const SANDBOX_KEY = "sandbox";
export const startKey = (name: string): string => `start:${name}`;
/** True for the key of a container's start: while it is busy the container may come to life. */
export const isStart = (key: string): boolean => key.startsWith("start:");
export const containerKey = (id: string): string => `container:${id}`;

export function stop(container: RuntimeContainer, graceMs: number, message: string): Action {
  return { kind: "stopContainer", key: containerKey(container.id), container, graceMs, message };
}
