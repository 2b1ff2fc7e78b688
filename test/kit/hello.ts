import { resolve } from "node:path";
import { eventually } from "./eventually.ts";
import type { SiteProcess } from "./site-process.ts";

/** The example that README shows. */
export const HELLO = resolve("examples/hello.yaml");

/** Applies examples/hello.yaml and waits until all of it serves. */
export async function applyHello(site: SiteProcess): Promise<void> {
  await site.output(["apply", "-f", HELLO]);
  await site.output(["-n", "hello", "rollout", "status", "deployment/web", "--timeout=60s"]);
}

/** The address of a Service. */
export function clusterIP(
  site: SiteProcess,
  service: string,
  namespace = "hello",
): Promise<string> {
  return site.output([
    "-n",
    namespace,
    "get",
    "service",
    service,
    "-o",
    "jsonpath={.spec.clusterIP}",
  ]);
}

/** One line per pod, of what a JSON path says. */
export async function pods(
  site: SiteProcess,
  path: string,
  namespace = "hello",
): Promise<string[]> {
  const template = `jsonpath={range .items[*]}{${path}}{"\\n"}{end}`;
  const text = await site.output(["-n", namespace, "get", "pods", "-o", template]);
  return text.split("\n").filter((line) => line !== "");
}

/** Waits until a number of pods are ready, and answers their names. */
export function readyPods(
  site: SiteProcess,
  count: number,
  namespace = "hello",
): Promise<string[]> {
  return eventually(
    async () => {
      const ready = await pods(site, ".status.containerStatuses[0].ready", namespace);
      const names = await pods(site, ".metadata.name", namespace);
      return names.length === count && ready.every((one) => one === "true") && names;
    },
    { what: `${count} ready pods` },
  );
}
