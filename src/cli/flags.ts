import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { type EdgeSiteConfig, FIELDS } from "#config/edgesite-config.ts";
import { eachField, loadConfig } from "#config/load.ts";
import { errorCode, explain, UserError } from "#lib/errors.ts";
import type { Io } from "./io.ts";
import { DEFAULT_DATA_DIR, sitePaths } from "./paths.ts";

/** EX_USAGE of sysexits.h. */
export const EX_USAGE = 64;

/** What commander read, by the flag's name in camel case. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** `--data-dir` and `--config`: which site a command is about. */
export function withDataDir(command: Command): Command {
  return command
    .option("--config <file>", "the configuration file (default /etc/edgesite/edgesite.yaml)")
    .option("--data-dir <directory>", FIELDS.dataDir.text);
}

/** All flags that are configuration fields. */
export function withConfigFlags(command: Command): Command {
  command.option("--config <file>", "the configuration file (default /etc/edgesite/edgesite.yaml)");
  eachField(FIELDS, (_path, field) => {
    if (field.kind === "option" && field.flag !== undefined) {
      const text = `${field.text} (${field.rule})`;
      if (field.repeatable) command.option(`${field.flag} <value>`, text, joined);
      else command.option(`${field.flag} <value>`, text);
    }
  });
  return command.option("-v, --verbose", "log everything: --log-level debug");
}

/** A flag that was given again adds to what it said before. */
export function joined(value: string, before: string | undefined): string {
  return before === undefined ? value : `${before},${value}`;
}

/** The text that a flag was given. */
export function textOf(flag: string | boolean | undefined): string | undefined {
  return typeof flag === "string" ? flag : undefined;
}

/** The configuration that a command's flags, the environment and the file give. @throws {UserError} */
export function configOf(flags: Flags, { env }: Io): EdgeSiteConfig {
  const given: Record<string, string> = {};
  eachField(FIELDS, (_path, field) => {
    if (field.kind !== "option" || field.flag === undefined) return;
    const name = field.flag.slice(2).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const value = textOf(flags[name]);
    if (value !== undefined) given[field.flag] = value;
  });
  if (flags["verbose"] === true) given["--log-level"] = "debug";
  const dataDir = given["--data-dir"] ?? env["EDGESITE_DATA_DIR"] ?? DEFAULT_DATA_DIR;
  const named = textOf(flags["config"]);
  const path = named ?? sitePaths(dataDir).config;
  const text = readConfig(path, named !== undefined);
  return loadConfig({ env, flags: given, ...(text !== undefined && { file: { path, text } }) });
}

/** The file's text; undefined for a default file that is not there. */
function readConfig(path: string, mustExist: boolean): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (!mustExist && isAbsence(error)) return undefined;
    throw new UserError(`Cannot read the configuration ${path}: ${explain(error)}`, {
      cause: error,
      ...(mustExist && { exitCode: EX_USAGE }),
    });
  }
}

/** No file there, nor a directory that could hold it. */
function isAbsence(error: unknown): boolean {
  return errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR";
}
