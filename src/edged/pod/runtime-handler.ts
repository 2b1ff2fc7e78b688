import type { Pod } from "#api/object.ts";
import { explain } from "#lib/errors.ts";
import type { MetaClient } from "#meta/meta-client.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** What containerd, and so k3s, calls the handler that runs pods without a RuntimeClass. */
const DEFAULT_HANDLER = "runc";

export interface HandlerSources {
  readonly meta: Pick<MetaClient, "getRuntimeClass">;
  /** Its own name is a handler too, as cri-dockerd's is `docker`. */
  readonly runtime: Pick<Runtime, "scheme">;
}

/**
 * Makes sure that this node runs what the pod's RuntimeClass asks for: one that wants a sandbox of
 * another kind is never run without it.
 * @throws {Error} in kubelet's words when there is no such class, in containerd's when there is no
 * such handler.
 */
export async function requireHandler(
  { spec }: Pod,
  { meta, runtime }: HandlerSources,
  signal: AbortSignal,
): Promise<void> {
  const name = spec?.runtimeClassName;
  if (!name) return;
  const found = await meta.getRuntimeClass(name, signal).catch((error: unknown) => {
    throw new Error(`failed to lookup RuntimeClass ${name}: ${explain(error)}`, { cause: error });
  });
  if (found === undefined) {
    throw new Error(`runtimeclass.node.k8s.io ${JSON.stringify(name)} not found`);
  }
  const { handler } = found;
  if (handler === DEFAULT_HANDLER || handler === runtime.scheme) return;
  throw new Error(
    `failed to get sandbox runtime: no runtime for ${JSON.stringify(handler)} is configured`,
  );
}
