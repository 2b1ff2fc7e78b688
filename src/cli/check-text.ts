import type { Requirement } from "./site.ts";

/** `edgesite check` for people: a line per requirement, and what to do where it is not met. */
export function checkText(requirements: readonly Requirement[]): string {
  const width = Math.max(...requirements.map(({ name }) => name.length));
  const lines = requirements.map(
    ({ name, state, found, advice }) =>
      `${state.padEnd(6)}  ${name.padEnd(width)}  ${found}${advice === undefined ? "" : `. ${advice}`}`,
  );
  return `${lines.join("\n")}\n`;
}
