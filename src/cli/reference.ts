import type { Command } from "commander";

/** docs/cli.md: every command with its flags, from the same table that runs them. */
export function cliReference(program: Command): string {
  const sections = [program, ...below(program)].map(section);
  return `# Command line

Exit codes: 0 all is well; 1 it is not (\`status\`: something is degraded); 64 wrong usage or configuration;
70 a defect of edgesite. Flags of \`start\` are fields of the configuration too: [config.md](config.md).

${sections.join("\n")}`;
}

function below(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...below(child)]);
}

function section(command: Command): string {
  const flags = command.options.map(
    ({ flags: names, description }) => `| \`${names.replaceAll("|", "\\|")}\` | ${description} |`,
  );
  const table =
    flags.length === 0 ? "" : `\n| flag | what it does |\n|---|---|\n${flags.join("\n")}\n`;
  return `## ${pathOf(command)}\n\n${command.description()}\n${table}`;
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
