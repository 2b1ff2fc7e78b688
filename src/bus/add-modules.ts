import type { Bus } from "./bus.ts";
import type { Module } from "./module.ts";

/**
 * Makes the queues of all modules that receive messages, before the first of them starts: what is
 * sent to a module that starts later waits for it. A restarted module finds its queue as it was.
 */
export function addModules(bus: Bus, modules: readonly Module[]): void {
  for (const { name, group } of modules) if (group !== undefined) bus.addModule(name, group);
}
