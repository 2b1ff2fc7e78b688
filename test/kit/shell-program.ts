import type { Program } from "#edged/runtime/memory/memory-process.ts";

/** What the few shell commands of the contract suites do, for a runtime that runs nothing. */
export function shellProgram(argv: readonly string[]): Program {
  const [name, flag, script = ""] = argv;
  if (name === "cat") return { echoes: true };
  if (name !== "sh" || flag !== "-c") return {};
  let stdout = "";
  let stderr = "";
  let ignoresTerm = false;
  for (const statement of script.split(";").map((part) => part.trim())) {
    const [command = "", ...words] = statement.split(" ");
    if (command === "trap") ignoresTerm = true;
    if (command === "sleep") return { stdout, stderr, ignoresTerm };
    if (command === "exit") return { stdout, stderr, exitCode: Number(words[0]) };
    if (command !== "echo") continue;
    if (words.at(-1) === ">&2") stderr += `${words.slice(0, -1).join(" ")}\n`;
    else stdout += `${words.join(" ")}\n`;
  }
  return { stdout, stderr, exitCode: 0 };
}
