import { expect, test } from "bun:test";
import { statusErrorOf } from "#test/kit/status-error.ts";
import type { JsonObject } from "../codec/json-value.ts";
import { parseApiVersion } from "../codec/kinds.ts";
import { SCHEMA } from "../schema.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";

/** Random patches of real kinds, and what k8s.io/apimachinery 0.36.4 made of each. */
interface Recorded {
  readonly apiVersion: string;
  readonly kind: string;
  readonly original: JsonObject;
  readonly patch: JsonObject;
  readonly merged?: JsonObject;
  /** The patch, as errors about its result show it. */
  readonly shown?: string;
  readonly error?: string;
  readonly code?: number;
}

const RECORDED: readonly Recorded[] = (
  await Bun.file(new URL("recorded.jsonl", import.meta.url)).text()
)
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

test.each(RECORDED.map((recorded) => [recorded.kind, recorded] as const))(
  "a strategic merge patch leaves what Kubernetes leaves of a %s",
  (_, { apiVersion, kind, original, patch, merged, shown, error, code }) => {
    const { group, version } = parseApiVersion(apiVersion) ?? { group: "", version: apiVersion };
    const type = SCHEMA.ofKind({ group, version, kind });
    if (type === undefined) throw new Error(`No kind ${apiVersion} ${kind}`);
    const attempt = () => applyStrategicMergePatch(type, original, patch);
    if (error === undefined) {
      const result = attempt();
      expect(result.value).toEqual(merged ?? {});
      expect(result.shown()).toBe(shown ?? "");
    } else {
      const { status } = statusErrorOf(attempt);
      expect({ message: status.message, code: status.code }).toEqual({ message: error, code });
      expect(status.reason).toBe(code === 400 ? "BadRequest" : undefined);
    }
  },
);
