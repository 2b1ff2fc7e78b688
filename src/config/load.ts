import { parseDocument, type YAMLError } from "yaml";
import { UserError } from "#lib/errors.ts";
import { type EdgeSiteConfig, FIELDS } from "./edgesite-config.ts";
import { KUBEEDGE_FIELDS } from "./kubeedge-fields.ts";
import type { ConfigOf, Fields, Group, Option } from "./options.ts";

/** A usage or configuration error, after sysexits.h EX_USAGE. */
const EX_USAGE = 64;

export interface ConfigSources {
  /** The text of the configuration file, where there is one. */
  readonly file?: { readonly path: string; readonly text: string };
  /** `EDGESITE_…` variables count. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Flag → value, as given: `{"--port": "6443"}`. */
  readonly flags: Readonly<Record<string, string>>;
}

/**
 * The configuration: defaults, then the file, then environment, then flags.
 * @throws {UserError} that names every wrong field at once, with path, value and rule.
 */
export function loadConfig({ file, env, flags }: ConfigSources): EdgeSiteConfig {
  const problems: string[] = [];
  const given = file ? parseYaml(file, problems) : {};
  refuseUnknown({ fields: FIELDS, path: "" }, given, problems);
  const read = (path: string, option: Option<unknown>, fromFile: unknown): unknown => {
    const variable = variableOf(path);
    const flag = option.flag === undefined ? undefined : flags[option.flag];
    const text = flag ?? env[variable];
    if (text === undefined && fromFile === undefined) return option.default;
    const value = text === undefined ? fromFile : option.parse(text);
    const accepted = option.accept(value);
    if (accepted !== undefined) return accepted;
    const source = flag !== undefined ? option.flag : text !== undefined ? variable : path;
    problems.push(`${source}: ${JSON.stringify(value)} must be ${option.rule}`);
    return option.default;
  };
  const config = build({ fields: FIELDS, path: "" }, given, read);
  problems.push(...contradictions(config));
  if (problems.length > 0) {
    const where = file ? ` in ${file.path}` : "";
    throw new UserError(`Cannot use the configuration${where}:\n  ${problems.join("\n  ")}`, {
      exitCode: EX_USAGE,
    });
  }
  return config;
}

/** What fields that are each right make wrong together. */
function contradictions({ modules, apiServer: { audit } }: EdgeSiteConfig): readonly string[] {
  const isHalf = (audit.logPath === "") !== (audit.policyFile === "");
  const half = "apiServer.audit: logPath and policyFile must be given together, or neither";
  return [...(isHalf ? [half] : []), ...deaf(modules)];
}

function deaf(modules: EdgeSiteConfig["modules"]): readonly string[] {
  if (modules.metaManager.enable) return [];
  // All that they do is what metaManager tells them: without it they would wait for ever.
  return (["edgeMesh", "edged"] as const)
    .filter((name) => modules[name].enable)
    .map(
      (name) => `modules.${name}.enable: true must be false while modules.metaManager.enable is`,
    );
}

/** `modules.edged.enable` → `EDGESITE_MODULES_EDGED_ENABLE`. */
export function variableOf(path: string): string {
  const words = path.split(".").map((name) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_"));
  return `EDGESITE_${words.join("_").toUpperCase()}`;
}

/** Calls `visit` for every field of a tree with its path. */
export function eachField(
  fields: Fields,
  visit: (path: string, field: Option<unknown> | Group<Fields>) => void,
  prefix = "",
): void {
  for (const [name, field] of Object.entries(fields)) {
    const path = prefix + name;
    visit(path, field);
    if (field.kind === "group") eachField(field.fields, visit, `${path}.`);
  }
}

interface Place<F extends Fields> {
  readonly fields: F;
  readonly path: string;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseYaml(
  { path, text }: { path: string; text: string },
  problems: string[],
): Readonly<Record<string, unknown>> {
  const document = parseDocument(text, { uniqueKeys: true, version: "1.1" });
  problems.push(...document.errors.map(yamlProblem));
  if (problems.length > 0) return {};
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  if (isMap(value)) return value;
  problems.push(`${path} must hold a map`);
  return {};
}

/** In one line; the parser's own words for several documents are for who calls it. */
function yamlProblem({ code, message, linePos }: YAMLError): string {
  if (code === "MULTIPLE_DOCS") {
    return `a second document begins at line ${linePos?.[0].line ?? "?"}: one configuration is one document`;
  }
  return (message.split("\n")[0] ?? "").replace(/:$/, "").trim();
}

function refuseUnknown(
  { fields, path }: Place<Fields>,
  given: Readonly<Record<string, unknown>>,
  problems: string[],
): void {
  for (const [name, value] of Object.entries(given)) {
    const own = path + name;
    if (KUBEEDGE_FIELDS.some((pattern) => pattern.test(own))) continue;
    const field = fields[name];
    if (!field) {
      problems.push(`${own}: there is no such field`);
    } else if (field.kind === "group") {
      if (isMap(value)) refuseUnknown({ fields: field.fields, path: `${own}.` }, value, problems);
      else if (value !== null) problems.push(`${own}: ${JSON.stringify(value)} must be a map`);
    }
  }
}

function build<F extends Fields>(
  { fields, path }: Place<F>,
  given: Readonly<Record<string, unknown>>,
  read: (path: string, option: Option<unknown>, fromFile: unknown) => unknown,
): ConfigOf<F> {
  const entries = Object.entries(fields).map(([name, field]) => {
    const value = given[name];
    const own = path + name;
    if (field.kind === "option") return [name, read(own, field, value)];
    const inner = isMap(value) ? value : {};
    return [name, build({ fields: field.fields, path: `${own}.` }, inner, read)];
  });
  return Object.freeze(Object.fromEntries(entries));
}
