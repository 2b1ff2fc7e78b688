import { join } from "node:path";
import { attachDeviceProgram } from "../devices/attach.ts";
import { type DeviceRules, legacyDeviceWrites } from "../devices/rules.ts";
import { applyLimits } from "./apply-limits.ts";
import { readControl, writeControl } from "./control-file.ts";
import { delegateTo } from "./delegate.ts";
import { type Freezer, thaw } from "./freezer.ts";
import { killAll } from "./kill.ts";
import type { CgroupLayout, Hierarchy } from "./layout.ts";
import { type CgroupLimits, legacyWrites, unifiedWrites } from "./limits.ts";
import { makeIn } from "./make.ts";
import { removeTree, subdirectories } from "./remove.ts";
import { type CgroupUsage, usageIn } from "./usage.ts";

/** Relative, without `..`, blanks and what cgroups do not take. */
const PATH = /^(?!.*(^|\/)\.{1,2}(\/|$))[^/\s]+(\/[^/\s]+)*$/;

/**
 * A group of processes in all hierarchies of the host, such as `edgesite-0123abcd/pod1/app`. In
 * version 2 only groups without groups below them can have processes: a pod's own processes belong
 * into a leaf of its group.
 */
export class Cgroup {
  readonly path: string;
  readonly #layout: CgroupLayout;

  /** Nothing is made by this. @throws {RangeError} for what is no relative path. */
  constructor(layout: CgroupLayout, path: string) {
    if (!PATH.test(path)) throw new RangeError(`${path} is no path of a cgroup`);
    this.#layout = layout;
    this.path = path;
  }

  /** Its directories, one per hierarchy, whether they are there or not. */
  get directories(): readonly string[] {
    return this.#layout.hierarchies.map((hierarchy) => this.#in(hierarchy));
  }

  /** The files that a process writes `0` to in order to join: one per hierarchy, into all. */
  get joinFiles(): readonly string[] {
    return this.directories.map((directory) => join(directory, "cgroup.procs"));
  }

  /** A group below this one. */
  child(name: string): Cgroup {
    return new Cgroup(this.#layout, `${this.path}/${name}`);
  }

  /** The groups directly below this one. */
  children(): readonly Cgroup[] {
    const names = new Set(this.directories.flatMap(subdirectories));
    return [...names].toSorted().map((name) => this.child(name));
  }

  /** The groups below this one that have none below them; itself when there is none. */
  leaves(): readonly Cgroup[] {
    const children = this.children();
    return children.length === 0 ? [this] : children.flatMap((child) => child.leaves());
  }

  /**
   * Makes it in all hierarchies with what stands above it. What is there already is taken as it is.
   * @throws {CgroupError} when the kernel does not let it have its controllers.
   */
  make(): void {
    for (const hierarchy of this.#layout.hierarchies) makeIn(hierarchy, this.path);
  }

  /** Sets limits; what is absent stays as it was. @throws {CgroupError} */
  limit(limits: CgroupLimits): void {
    const writes = { 1: legacyWrites(limits), 2: unifiedWrites(limits) };
    for (const hierarchy of this.#layout.hierarchies) {
      applyLimits(
        this.#in(hierarchy),
        writes[hierarchy.version].filter(({ controller }) =>
          hierarchy.controllers.includes(controller),
        ),
      );
    }
  }

  /**
   * Which devices its processes, and those of the groups below it, may use; once per group.
   * @throws {CgroupError | SystemCallError}
   */
  limitDevices(rules: DeviceRules): void {
    const legacy = this.#directoryOf("devices");
    if (legacy === undefined) {
      const unified = this.#unified();
      if (unified !== undefined) attachDeviceProgram(unified, rules);
      return;
    }
    for (const { file, value } of legacyDeviceWrites(rules))
      writeControl(join(legacy, file), value);
  }

  /** Lets a user and his group make groups below it, where there is version 2: version 1 is not safe for that. */
  delegateTo(owner: number): void {
    const unified = this.#unified();
    if (unified !== undefined) delegateTo(owner, unified);
  }

  /** How often the kernel killed one of its processes because memory ran out. */
  oomKills(): number {
    const directory = this.#directoryOf("memory");
    if (directory === undefined) return 0;
    const text =
      readControl(join(directory, "memory.events")) ??
      readControl(join(directory, "memory.oom_control"));
    return Number(/^oom_kill (\d+)$/m.exec(text ?? "")?.[1] ?? 0);
  }

  /** What its processes have used; undefined when it is gone. */
  usage(): CgroupUsage | undefined {
    return usageIn((controller) => this.#directoryOf(controller));
  }

  /** The IDs of its processes and of those in the groups below it, in all hierarchies. */
  processes(): readonly number[] {
    return [...new Set(this.directories.flatMap(processesBelow))];
  }

  /**
   * Kills its processes and those in the groups below it, and waits until none is left; zombies do
   * not count.
   * @throws the reason of the signal.
   */
  async kill(signal: AbortSignal): Promise<void> {
    await killAll(
      {
        processes: () => this.processes(),
        freezer: this.#freezer(),
      },
      signal,
    );
  }

  /**
   * Lets its processes, and those in the groups below it, run that somebody has left frozen: who is
   * killed while he kills.
   */
  thaw(): void {
    thaw(this.#freezer());
    for (const child of this.children()) child.thaw();
  }

  /** Removes it and the groups below it. Answers whether it is gone: where something runs, it stays. */
  remove(): boolean {
    return this.directories.map(removeTree).every((gone) => gone);
  }

  /** Where a controller's files are. */
  #directoryOf(controller: string): string | undefined {
    const hierarchy = this.#layout.hierarchies.find(({ controllers }) =>
      controllers.includes(controller),
    );
    return hierarchy && this.#in(hierarchy);
  }

  #freezer(): Freezer {
    return { unified: this.#unified(), legacy: this.#directoryOf("freezer") };
  }

  #unified(): string | undefined {
    const hierarchy = this.#layout.hierarchies.find(({ version }) => version === 2);
    return hierarchy && this.#in(hierarchy);
  }

  #in(hierarchy: Hierarchy): string {
    return join(hierarchy.mountPoint, this.path);
  }
}

function processesBelow(directory: string): readonly number[] {
  const own = (readControl(join(directory, "cgroup.procs")) ?? "").split("\n");
  return [
    // 0 is one that this process's PID namespace does not have.
    ...own.map(Number).filter((pid) => pid > 0),
    ...subdirectories(directory).flatMap((name) => processesBelow(join(directory, name))),
  ];
}
