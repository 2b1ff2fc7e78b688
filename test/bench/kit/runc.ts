import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import mobyDefault from "#linux/seccomp/data/moby-default.json" with { type: "text" };
import { output } from "#test/kit/process.ts";

interface RuncOptions {
  /** Where bundles and runc's own state go. */
  readonly directory: string;
  /** An unpacked image; containers write above it. */
  readonly image: string;
}

/** Containers as runc makes them bare: the namespaces, cgroups and system calls that a pod's have. */
export class Runc {
  readonly #options: RuncOptions;

  constructor(options: RuncOptions) {
    this.#options = options;
  }

  /** Makes what `start` takes for granted, as a site has made its own before. */
  async prepare(name: string): Promise<void> {
    const bundle = this.#bundle(name);
    for (const folder of ["rootfs", "upper", "work"])
      mkdirSync(join(bundle, folder), { recursive: true });
    await output(["runc", "spec", "--bundle", bundle]);
    const path = join(bundle, "config.json");
    const spec = JSON.parse(await Bun.file(path).text());
    spec.process = { ...spec.process, terminal: false, args: ["sleep", "1000000"] };
    spec.root = { path: "rootfs", readonly: false };
    spec.linux.seccomp = dockersDefault();
    spec.linux.cgroupsPath = `/edgesite-bench-runc/${name}`;
    spec.linux.namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup"].map((type) => ({
      type,
    }));
    writeFileSync(path, JSON.stringify(spec));
  }

  /** Mounts the root file system and starts the container in it; answers runc's time on a core. */
  async start(name: string): Promise<{ readonly cpuMs: number }> {
    const bundle = this.#bundle(name);
    const { image } = this.#options;
    const [upper, work, root] = ["upper", "work", "rootfs"].map((one) => join(bundle, one));
    const layers = `lowerdir=${image},upperdir=${upper},workdir=${work}`;
    await output(["mount", "-t", "overlay", "overlay", "-o", layers, root ?? ""]);
    const command = this.#command("run", "--detach", "--bundle", bundle, name);
    const child = Bun.spawn(command, { stdio: ["ignore", "ignore", "inherit"] });
    if ((await child.exited) !== 0) throw new Error("runc did not start a container");
    const { user = 0n, system = 0n } = child.resourceUsage()?.cpuTime ?? {};
    return { cpuMs: Number(user + system) / 1000 };
  }

  async remove(name: string): Promise<void> {
    await output(this.#command("delete", "--force", name));
    await output(["umount", join(this.#bundle(name), "rootfs")]);
  }

  #bundle(name: string): string {
    return join(this.#options.directory, name);
  }

  #command(...args: string[]): string[] {
    return ["runc", "--root", join(this.#options.directory, "runc"), ...args];
  }
}

interface DockersProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet: number;
  readonly syscalls: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly args?: readonly object[];
    readonly includes?: { readonly caps?: readonly string[] };
  }[];
}

/** Docker's default profile for a container without capabilities, in runc's own form. */
function dockersDefault() {
  const { syscalls, defaultAction, defaultErrnoRet }: DockersProfile = JSON.parse(mobyDefault);
  const rules = syscalls.filter(({ includes }) => includes?.caps === undefined);
  return {
    defaultAction,
    defaultErrnoRet,
    architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    syscalls: rules.map(({ names, action, args }) => ({ names, action, ...(args && { args }) })),
  };
}
