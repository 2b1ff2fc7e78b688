/**
 * Asks a URL over and over, each time over a new connection, until SIGTERM; then prints what came
 * of it. Arguments: URL, the answer that is right, how many clients ask at a time.
 */
import { explain } from "#lib/errors.ts";

const [url = "", right = "", clients = "1"] = process.argv.slice(2);
const end = new AbortController();
process.once("SIGTERM", () => end.abort());

const failures: { readonly startedAtMs: number; readonly reason: string }[] = [];
let requests = 0;

async function ask(): Promise<void> {
  const startedAtMs = Date.now();
  try {
    const response = await fetch(url, {
      headers: { connection: "close" },
      keepalive: false,
      signal: AbortSignal.timeout(5000),
    });
    const text = await response.text();
    if (text !== right) throw new Error(`${response.status} ${text.slice(0, 100)}`);
  } catch (error) {
    failures.push({ startedAtMs, reason: explain(error) });
  }
  requests += 1;
}

async function client(): Promise<void> {
  while (!end.signal.aborted) await ask();
}

await Promise.all(Array.from({ length: Number(clients) }, client));
process.stdout.write(JSON.stringify({ requests, failures }));
