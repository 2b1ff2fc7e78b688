/**
 * The edge side alone, as a process: the modules of edgecore from the composition root on a Docker
 * engine, and KubeEdge's dbTest on 127.0.0.1:12345 in place of a site. Ends with SIGTERM. Warnings
 * go to standard error. Arguments: the engine's address, a name that marks its containers.
 */
import { writeSync } from "node:fs";
import { addModules } from "#bus/add-modules.ts";
import { MODULE } from "#bus/constants.ts";
import { supervise } from "#bus/supervisor.ts";
import { createDockerRuntime } from "#edged/runtime/docker/docker-runtime.ts";
import { createLogger } from "#lib/log.ts";
import { composeSite } from "../../src/edgesite.ts";
import { configOf, MODULE_SETS, TestSite } from "./site-parts.ts";
import { createTestManager } from "./test-manager.ts";

const STDERR = 2;
const [address = "", siteId = ""] = process.argv.slice(2);
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort(new Error("SIGTERM")));

const log = createLogger({
  level: "warn",
  format: "text",
  write: (line) => void writeSync(STDERR, line),
});
const arch = process.arch === "arm64" ? "arm64" : "x64";
await using site = await TestSite.prepare({
  config: configOf(MODULE_SETS.edgecore),
  runtime: createDockerRuntime({ address, siteId, arch, log }),
  network: "routed",
  log,
});
const { bus } = site.parts;
const { module: testManager } = createTestManager({ bus });
const modules = composeSite(site.parts).modules.flatMap((module) =>
  module.name === MODULE.metaManager ? [module, testManager] : [module],
);
addModules(bus, modules);
await supervise(modules, { signal: stop.signal });
