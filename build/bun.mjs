// Runs a script of the project with the Bun that its packages bring: `node build/bun.mjs FILE …`.
// No script of a package ever runs, so node_modules/.bin/bun is not there.
import { bunPath, installPackages, Refusal, run, toolEnv } from "./host.mjs";

try {
  installPackages();
  run(bunPath(), process.argv.slice(2), { env: toolEnv() });
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
