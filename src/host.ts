import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** What the box is called, as a node name: lowercase, without what RFC 1123 forbids. */
export function hostNodeName(): string {
  const name = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  // KubeEdge's fallback.
  return name === "" || name === "localhost" ? "default-edge-node" : name;
}

/** Bytes that this process has had written to disks (`/proc/self/io`); 0 where the kernel does not say. */
export function writtenBytes(): number {
  try {
    return Number(/^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
