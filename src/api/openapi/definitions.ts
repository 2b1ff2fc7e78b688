import { readFileSync } from "node:fs";
import compressed from "../generated/openapi.json.zst" with { type: "file" };
import type { Definitions } from "./schemas.ts";

/** Unpacks Kubernetes' definitions of the types that are served. Nobody needs them but for documents. */
export function readDefinitions(): Definitions {
  return JSON.parse(new TextDecoder().decode(Bun.zstdDecompressSync(readFileSync(compressed))));
}
