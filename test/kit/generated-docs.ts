import { createProgram } from "#cli/program.ts";
import { cliReference } from "#cli/reference.ts";
import { configReference } from "#config/print.ts";

/** Path → text of the pages that are made from the source. */
export function generatedDocs(): readonly (readonly [path: string, text: string])[] {
  const program = createProgram({
    io: { out: () => undefined, err: () => undefined, interactive: false, env: {} },
    site: {
      check: async () => [],
      start: async () => 0,
      removeWorkloads: async () => [],
      rotateKey: async () => false,
      createClient: () => ({ certificate: "", key: "" }),
      listClients: () => [],
      revokeClient: () => 0,
      reset: async () => false,
    },
    version: { edgesite: "", kubernetes: "", revision: "", buildTime: "" },
    exitCode: 0,
  });
  return [
    ["docs/config.md", configReference()],
    ["docs/cli.md", cliReference(program)],
  ];
}
