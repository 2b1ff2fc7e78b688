/** What a program did. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Longest life; then it is killed and the outcome says so. Default 60 s. */
  readonly timeoutMs?: number;
}

const encode = (stdin: string | Uint8Array | undefined): Uint8Array | "ignore" => {
  if (stdin === undefined) return "ignore";
  return typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
};

/** Runs a program to its end. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { stdin, env, cwd, timeoutMs = 60_000 } = options;
  const child = Bun.spawn([...command], {
    stdin: encode(stdin),
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

/** Runs a program that must succeed, and answers what it wrote. */
export async function output(
  command: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await run(command, options);
  if (exitCode !== 0) {
    throw new Error(
      `'${command.join(" ")}' ended with ${exitCode}: ${stderr.trim() || stdout.trim()}`,
    );
  }
  return stdout;
}
