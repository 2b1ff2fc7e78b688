import { Command, CommanderError } from "commander";
import { FIELDS } from "#config/edgesite-config.ts";
import { defaultConfig, minConfig } from "#config/print.ts";
import { UserError } from "#lib/errors.ts";
import { checkText } from "./check-text.ts";
import { Control } from "./control.ts";
import { configOf, EX_USAGE, type Flags, withConfigFlags, withDataDir } from "./flags.ts";
import { addImageCommands } from "./image-commands.ts";
import type { Io } from "./io.ts";
import { addKubeconfigCommands } from "./kubeconfig-commands.ts";
import type { SiteCommands, Version } from "./site.ts";
import { statusText } from "./status-text.ts";

export interface CliOptions {
  readonly io: Io;
  readonly site: SiteCommands;
  readonly version: Version;
}

/** Runs one command line and answers the exit code. */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<number> {
  const run: Run = { ...options, exitCode: 0 };
  try {
    await createProgram(run).parseAsync([...argv], { from: "user" });
    return run.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EX_USAGE;
    if (!(error instanceof UserError)) throw error;
    options.io.err(`edgesite: ${error.message}\n`);
    return error.exitCode;
  }
}

/** A command line on its way. */
interface Run extends CliOptions {
  exitCode: number;
}

/** All commands; also what docs/cli.md is made of. */
export function createProgram(run: Run): Command {
  const { io, version } = run;
  const program = new Command("edgesite")
    .description("A whole Kubernetes-compatible cluster for one edge box, in one binary.")
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .option(
      "--version [raw]",
      "print the version and exit, as KubeEdge does (--version=raw: all of it)",
    )
    .option("--minconfig", "print a small configuration and exit")
    .option("--defaultconfig", "print the whole default configuration and exit")
    .action((flags: Flags) => printAndExit(run, program, flags));
  withConfigFlags(program.command("start"))
    .description("bring up the cluster in the foreground; Ctrl-C stops it, pods go on")
    .action(async (flags: Flags) => {
      run.exitCode = await run.site.start(configOf(flags, io), io);
    });
  addCheckCommand(program, run);
  addLifeCommands(program, run);
  addConfigCommands(program, run);
  addSecretsCommands(program, run);
  program
    .command("version")
    .description("print the version")
    .action(() => io.out(`${versionText(version)}\n`));
  addKubeconfigCommands(program, run);
  addImageCommands(program, run);
  return program;
}

function addCheckCommand(program: Command, run: Run): void {
  const { io, site } = run;
  withConfigFlags(program.command("check"))
    .description(
      "look whether this host has what a site needs, and tell what to do; exit code 1 when something is missing",
    )
    .option("--json", "print JSON")
    .action(async (flags: Flags) => {
      const requirements = await site.check(configOf(flags, io), io);
      const json = flags["json"] === true;
      io.out(json ? `${JSON.stringify(requirements, null, 2)}\n` : checkText(requirements));
      run.exitCode = requirements.some(({ state }) => state === "failed") ? 1 : 0;
    });
}

function addLifeCommands(program: Command, run: Run): void {
  const { io, site } = run;
  withDataDir(program.command("stop"))
    .description("stop the site; its pods go on serving")
    .option("--workloads", "stop and remove the pods' containers too")
    .action(async (flags: Flags) => {
      const config = configOf(flags, io);
      const workloads = flags["workloads"] === true;
      const running = await Control.find(config.dataDir);
      if (running) await running.stop({ workloads: false });
      else if (!workloads) io.err(`No site runs on ${config.dataDir}\n`);
      if (!workloads) return;
      const pods = await site.removeWorkloads(config, io);
      io.out(pods.length === 0 ? "No pods were left\n" : `Removed the pods ${pods.join(", ")}\n`);
    });
  withDataDir(program.command("status"))
    .description("tell how the site is; exit code 1 when something is degraded or it does not run")
    .option("-o, --output <format>", "text or json", "text")
    .action(async (flags: Flags) => {
      const running = await Control.running(configOf(flags, io).dataDir);
      const status = await running.status();
      const json = flags["output"] === "json";
      io.out(json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
      run.exitCode = status.degraded.length === 0 ? 0 : 1;
    });
  withDataDir(program.command("reset"))
    .description("remove the pods, the network and ALL DATA of a stopped site")
    .option("--yes", "do not ask")
    .action(async (flags: Flags) => {
      const config = configOf(flags, io);
      if (flags["yes"] !== true) {
        throw new UserError(
          `This removes every pod, object and key below ${config.dataDir}. Run 'edgesite reset --yes' if that is what you want`,
          { exitCode: EX_USAGE },
        );
      }
      if (await Control.find(config.dataDir)) {
        throw new UserError("The site is running. Stop it first with 'edgesite stop'");
      }
      const removed = await site.reset(config, io);
      io.out(`${removed ? "Removed the site" : "There is no site"} on ${config.dataDir}\n`);
    });
}

function addConfigCommands(program: Command, { io }: Run): void {
  const config = program.command("config").description("print or check a configuration");
  config
    .command("min")
    .description("print the fields that most people set")
    .action(() => io.out(minConfig()));
  config
    .command("default")
    .description("print all fields with their defaults")
    .action(() => io.out(defaultConfig()));
  withConfigFlags(config.command("validate"))
    .description("check the configuration that 'start' would use")
    .action((flags: Flags) => {
      configOf(flags, io);
      io.out("The configuration is valid\n");
    });
}

function addSecretsCommands(program: Command, { io, site }: Run): void {
  const secrets = program.command("secrets").description("the key that Secrets are encrypted with");
  withDataDir(secrets.command("rotate-key"))
    .description("encrypt all Secrets on disk with a new key, and destroy the old one")
    .option("--secrets-key-file <path>", FIELDS.secrets.fields.keyFile.text)
    .action(async (flags: Flags) => {
      const config = configOf(flags, io);
      const running = await Control.find(config.dataDir);
      if (running) await running.rotateKey();
      else if (!(await site.rotateKey(config))) {
        throw new UserError(`There is no site on ${config.dataDir}`);
      }
      io.out("Secrets are encrypted with a new key\n");
    });
}

function printAndExit({ io, version }: Run, program: Command, flags: Flags): void {
  if (flags["minconfig"] === true) return io.out(minConfig());
  if (flags["defaultconfig"] === true) return io.out(defaultConfig());
  if (flags["version"] === "raw") return io.out(`${JSON.stringify(version)}\n`);
  if (flags["version"] === true) return io.out(`${versionText(version)}\n`);
  if (typeof flags["version"] === "string") {
    throw new UserError(`--version: "${flags["version"]}" must be true or raw`, {
      exitCode: EX_USAGE,
    });
  }
  program.help();
}

/** KubeEdge prints `KubeEdge v1.3.1`. */
function versionText({ edgesite, kubernetes }: Version): string {
  return `edgesite v${edgesite} (Kubernetes ${kubernetes})`;
}
