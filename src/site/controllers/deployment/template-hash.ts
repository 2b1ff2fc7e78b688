import { isDeepStrictEqual } from "node:util";
import type { PodTemplateSpec } from "#api/object.ts";

export const HASH_LABEL = "pod-template-hash";

/** Letters that spell no words, of Kubernetes' `rand.SafeEncodeString`. */
const SAFE = "bcdfghjklmnpqrstvwxz2456789";

/**
 * A short name for a template, usable as a label value and as part of a name. `collisions` gives
 * the same template another one when its name is taken by a different template.
 */
export function templateHash(template: PodTemplateSpec, collisions: number): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${canonical(template)}${collisions}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  const digits = String(hash >>> 0);
  return [...digits].map((digit) => SAFE.charAt(digit.charCodeAt(0) % SAFE.length)).join("");
}

/** JSON with sorted keys: the order in which a client wrote them means nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : typeof part === "bigint"
        ? String(part)
        : part,
  );
}

/** True when both describe the same pods; the hash label is ours and does not count. */
export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return isDeepStrictEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {};
  const { labels: _labels, ...metadata } = template.metadata ?? {};
  return { ...template, metadata: { ...metadata, labels } };
}
