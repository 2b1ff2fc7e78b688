import type { ModuleStatus } from "#bus/supervisor.ts";
import type { Component } from "#site/apiserver/strategies/component-statuses.ts";

/** How the modules of a site are now, as their supervisor last said. */
export class ModuleStates {
  readonly #states = new Map<string, ModuleStatus>();

  get all(): readonly ModuleStatus[] {
    return [...this.#states.values()];
  }

  get(name: string): ModuleStatus | undefined {
    return this.#states.get(name);
  }

  set(status: ModuleStatus): void {
    this.#states.set(status.name, status);
  }

  /** A module as a component of the cluster: healthy while it runs. */
  component({ name, module }: { name: string; module: string }): Component {
    return {
      name,
      failure: () => {
        const { state = "disabled", reason } = this.#states.get(module) ?? {};
        if (state === "running") return undefined;
        return `module ${module} is ${state}${reason === undefined ? "" : `: ${reason}`}`;
      },
    };
  }
}
