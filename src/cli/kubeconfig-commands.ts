import type { Command } from "commander";
import { createKubeconfig } from "#config/kubeconfig.ts";
import { writeFileAtomically } from "#lib/atomic-file.ts";
import { explain, UserError } from "#lib/errors.ts";
import { clientTable } from "./client-table.ts";
import { Control } from "./control.ts";
import { configOf, EX_USAGE, type Flags, joined, textOf, withDataDir } from "./flags.ts";
import type { Io } from "./io.ts";
import { mergeIntoOwnKubeconfig, printKubeconfig, readCluster } from "./kubeconfig-file.ts";
import { sitePaths } from "./paths.ts";
import type { SiteCommands } from "./site.ts";

const PRIVATE = 0o600;

interface Run {
  readonly io: Io;
  readonly site: SiteCommands;
}

/** `edgesite kubeconfig` and what is below it. */
export function addKubeconfigCommands(program: Command, { io, site }: Run): void {
  const kubeconfig = withDataDir(program.command("kubeconfig"))
    .description("print the kubeconfig of the site")
    .option(
      "--merge",
      "merge it into your own kubeconfig, with a backup; your current context stays",
    )
    .option("--server <address>", "the address that kubectl is to use instead of 127.0.0.1")
    .action((flags: Flags) => {
      const given = requestOf(flags, io);
      if (flags["merge"] === true) mergeIntoOwnKubeconfig(given, io);
      else printKubeconfig(given, io);
    });
  kubeconfig
    .command("create <user>")
    .description("make a client certificate for somebody, and a kubeconfig with it")
    .option("--group <name>", "a group that the user is in; may be given several times", joined)
    .option("--expires <duration>", "how long it holds: 90m, 12h, 365d", "365d")
    .option("--out <file>", "write it there, for nobody else to read, instead of printing it")
    .action((user: string, _: Flags, command: Command) => {
      const flags: Flags = command.optsWithGlobals();
      const cluster = readCluster(requestOf(flags, io));
      const groups = textOf(flags["group"])?.split(",") ?? [];
      const validMs = durationMs(textOf(flags["expires"]) ?? "");
      const client = site.createClient(configOf(flags, io), { user, groups, validMs });
      const text = createKubeconfig({ ...cluster, ...client, name: `${user}@edgesite` });
      write(text, textOf(flags["out"]), io);
    });
  kubeconfig
    .command("ls")
    .description("list the client certificates that were issued, by 'create' and on request")
    .action((_: Flags, command: Command) =>
      io.out(clientTable(site.listClients(configOf(command.optsWithGlobals(), io)))),
    );
  kubeconfig
    .command("revoke <user>")
    .description("refuse all client certificates that somebody has until now")
    .action(async (user: string, _: Flags, command: Command) => {
      const config = configOf(command.optsWithGlobals(), io);
      const count = site.revokeClient(config, user);
      await (await Control.find(config.dataDir))?.reloadClients();
      if (count === 0) {
        throw new UserError(
          `No certificate of ${user} is known that holds; any from before is refused from now on`,
        );
      }
      io.out(`Revoked ${count === 1 ? "the certificate" : `${count} certificates`} of ${user}\n`);
    });
}

function requestOf(flags: Flags, io: Io) {
  const { kubeconfig } = sitePaths(configOf(flags, io).dataDir);
  return { path: kubeconfig, server: textOf(flags["server"]) };
}

function write(text: string, path: string | undefined, { out }: Io): void {
  if (path === undefined) return out(text);
  try {
    writeFileAtomically(path, { text, mode: PRIVATE });
  } catch (cause) {
    throw new UserError(`Cannot write ${path}: ${explain(cause)}`, { cause });
  }
  out(`Wrote ${path}\n`);
}

const UNIT_MS: Readonly<Record<string, number>> = {
  d: 24 * 3_600_000,
  h: 3_600_000,
  m: 60_000,
};

function durationMs(text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,6})([dhm])$/.exec(text) ?? [];
  const ms = Number(number) * (UNIT_MS[unit] ?? 0);
  if (ms > 0) return ms;
  throw new UserError(`--expires: "${text}" must be a duration such as 90m, 12h or 365d`, {
    exitCode: EX_USAGE,
  });
}
