/** The protobuf bodies that a real kubectl sends, read, stored and given back. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { decodeObject } from "#api/codec/decode-object.ts";
import { parseApiVersion } from "#api/codec/kinds.ts";
import { openEnvelope } from "#api/codec/protobuf.ts";
import { nilEmptyLists } from "#api/nil-lists.ts";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { RESOURCES } from "#api/resources.ts";
import { must } from "#lib/errors.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** One request of a recording; all were made in this order, in a namespace `rec`. */
interface Row {
  /** The version of the kubectl. */
  readonly kubectl: string;
  readonly command: string;
  readonly method: string;
  readonly path: string;
  /** Base64. */
  readonly body: string;
  /** What kubectl 1.31.9 sends for the same command, as JSON; absent where the two differ by chance. */
  readonly json?: object;
}

const rows: readonly Row[] = readFileSync(
  `${import.meta.dir}/golden/kubectl-protobuf.jsonl`,
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

interface Encoded {
  readonly body: Uint8Array;
  readonly type: string;
  /** Protobuf of the same kind. */
  readonly like: Uint8Array;
}

let api: TestApi;
/** By row: one builds on the other, as kubectl's commands did. */
const answers = new Map<Row, Response>();

beforeAll(async () => {
  api = await startTestApi();
  const create = (path: string, body: object) => api.send("POST", path, { body });
  await create("/api/v1/namespaces", { metadata: { name: "rec" } });
  await create("/api/v1/namespaces/rec/serviceaccounts", { metadata: { name: "default" } });
  for (const row of rows) {
    const sent = { body: Uint8Array.fromBase64(row.body), type: PROTOBUF, accept: PROTOBUF };
    answers.set(row, await api.send(row.method, row.path, sent));
  }
});
afterAll(() => api[Symbol.dispose]());

function decode({ body, type, like }: Encoded): KubeObject {
  const { apiVersion, kind } = openEnvelope(like);
  const version = must(parseApiVersion(apiVersion), "an apiVersion");
  const expected = { ...version, kind };
  return decodeObject({ body, contentType: type, expected, fieldValidation: "Strict" }).object;
}

const isKind = ({ group, version, kind }: Resource, object: KubeObject): boolean =>
  kind === object.kind &&
  [group, version].filter((part) => part !== "").join("/") === object.apiVersion;

const name = ({ command, path }: Row): string => `${command} to ${path}`;

test.each(rows.filter(({ json }) => json !== undefined).map((row) => [name(row), row] as const))(
  "%s says what its JSON twin says",
  (_, row) => {
    const like = Uint8Array.fromBase64(row.body);
    const twin = Buffer.from(JSON.stringify(row.json));
    expect(decode({ body: like, type: PROTOBUF, like })).toEqual(
      decode({ body: twin, type: "application/json", like }),
    );
  },
);

test.each(rows.map((row) => [name(row), row] as const))(
  "%s is answered with what is stored",
  async (_, row) => {
    const answer = must(answers.get(row), "an answer");
    expect(answer.status).toBe(201);
    const body = new Uint8Array(await answer.arrayBuffer());
    const created = decode({ body, type: PROTOBUF, like: body });
    if (created.metadata?.resourceVersion === undefined) return; // a question: nobody stores it
    const [resource] = RESOURCES.filter((one) => isKind(one, created));
    // Protobuf does not tell an empty list from none.
    nilEmptyLists(must(resource, `the resource of ${created.kind}`), created);
    const { pathname } = new URL(row.path, "http://edgesite");
    const stored = await api.send("GET", `${pathname}/${created.metadata.name}`);
    expect<unknown>(await stored.json()).toEqual(JSON.parse(JSON.stringify(created)));
  },
);
