/** What curl gets of the port that ships where the server behind it has another mind than Kubernetes. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTlsApi, type TlsApi } from "#test/kit/tls-api.ts";

const PODS = "/api/v1/namespaces/default/pods";
const VERSIONS = ["--http1.1", "--http2"] as const;
let api: TlsApi;

beforeAll(async () => {
  api = await startTlsApi();
});
afterAll(() => api[Symbol.asyncDispose]());

interface Asked {
  readonly version: string;
  readonly method: string;
  readonly token?: string;
  readonly body?: Uint8Array;
  /** Asked so often on one connection. */
  readonly times?: number;
}

async function curl({ version, method, token, body, times = 1 }: Asked): Promise<string[]> {
  const urls = Array.from({ length: times }, () => `${api.url}${PODS}`);
  const child = Bun.spawn(
    [
      ...["curl", "-sSk", version, "--max-time", "20", "-X", method, "-H", "Expect:"],
      // Answers to curl by its own name are for people.
      ...["-A", "a-test"],
      ...["-w", " %{http_code} %{http_version} %{num_connects}\n"],
      ...(token === undefined ? [] : ["-H", `Authorization: Bearer ${token}`]),
      ...(body === undefined ? [] : ["--data-binary", "@-"]),
      ...urls,
    ],
    { stdin: body ?? "ignore", stdout: "pipe", stderr: "pipe" },
  );
  const [text, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect(errors).toBe("");
  // An answer ends its line itself, before what curl knows of it.
  return text.trim().replaceAll("\n ", " ").split("\n");
}

test.each(VERSIONS)(
  "a method that nobody knows is 405, again and again, and 401 to a stranger: %s",
  async (version) => {
    const known = await curl({ version, method: "BREW", token: api.token, times: 3 });
    const http = version === "--http2" ? "2" : "1.1";
    const connects = [1, 0, 0];
    expect(known.map((line) => line.replace(/^\{.*\} /, ""))).toEqual(
      connects.map((count) => `405 ${http} ${count}`),
    );
    for (const line of known) {
      expect(line).toContain(
        '"message":"the server does not allow this method on the requested resource","reason":"MethodNotAllowed"',
      );
    }
    const [stranger = ""] = await curl({ version, method: "BREW" });
    expect(stranger).toContain(" 401 ");
  },
);

test.each(VERSIONS)("a stranger with a large upload learns that it is one: %s", async (version) => {
  const body = Buffer.alloc(8 * 1024 * 1024, "x");
  const answer = await curl({ version, method: "POST", body });
  expect(answer.join("")).toContain('"code":401}');
});
