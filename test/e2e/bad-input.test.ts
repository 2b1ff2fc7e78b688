/** What the API answers to input that is wrong: Kubernetes' own Status, and nothing is stored. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { SiteProcess } from "#test/kit/site-process.ts";

const STEP_MS = 60_000;
const JSON_TYPE = "application/json";
const MAPS = "/api/v1/namespaces/default/configmaps";
const PODS = "/api/v1/namespaces/default/pods";

interface Call {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly accept?: string;
  readonly body?: string;
}

let host: NetworkNamespace;
let site: SiteProcess;
let token: string;

beforeAll(async () => {
  host = await NetworkNamespace.create();
  site = await SiteProcess.start({ namespace: host });
  token = parse(await Bun.file(site.kubeconfig).text()).users[0].user.token;
}, STEP_MS);

afterAll(async () => {
  try {
    const stored = await site.output([
      "get",
      "configmaps,pods,secrets",
      "-n",
      "default",
      "-o",
      "name",
    ]);
    expect(stored).toBe("configmap/kube-root-ca.crt\n");
    expect(site.log).not.toContain(" ERROR ");
  } finally {
    await site[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
  }
}, STEP_MS);

async function send(protocol: string, { method, path, type, accept, body }: Call) {
  const headers = [`Authorization: Bearer ${token}`, "Expect:", `Content-Type:${type ?? ""}`];
  if (accept !== undefined) headers.push(`Accept: ${accept}`);
  const output = await host.output(
    [
      ...["curl", "-sSk", protocol, "--max-time", "20", "-X", method, "-w", "\n%{http_code}"],
      ...headers.flatMap((header) => ["-H", header]),
      ...(body === undefined ? [] : ["--data-binary", "@-"]),
      `https://127.0.0.1:6443${path}`,
    ],
    { stdin: body ?? "" },
  );
  const end = output.lastIndexOf("\n");
  return { code: Number(output.slice(end + 1)), text: output.slice(0, end).trim() };
}

const CODES = {
  BadRequest: 400,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
};

const failure = (reason: keyof typeof CODES, message: string, details?: object) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message,
  reason,
  ...(details && { details }),
  code: CODES[reason],
});

const map = (rest: object = {}): string =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "bad" }, ...rest });
const create = (body: string, path = MAPS): Call => ({
  method: "POST",
  path,
  type: JSON_TYPE,
  body,
});
const patch = (type: string, body: string): Call => ({
  method: "PATCH",
  path: `${MAPS}/bad`,
  type,
  body,
});

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const BODY_TYPES =
  "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";
const UNRECOGNIZED = "the object provided is unrecognized (must be of type ConfigMap): ";
const UNPARSED = `${UNRECOGNIZED}couldn't get version/kind; json parse error: `;
const BAD_NAME = `Invalid value: "Bad_Name": ${SUBDOMAIN}`;
const NOT_ALLOWED = failure(
  "MethodNotAllowed",
  "the server does not allow this method on the requested resource",
  {},
);

const CASES: readonly (readonly [string, Call, ReturnType<typeof failure>])[] = [
  [
    "JSON that ends too early",
    create("{"),
    failure("BadRequest", `${UNPARSED}unexpected end of JSON input ({)`),
  ],
  [
    "no body",
    create(""),
    failure("BadRequest", `${UNPARSED}unexpected end of JSON input (<empty>)`),
  ],
  [
    "something after the object",
    create(`${map()}x`),
    failure(
      "BadRequest",
      `${UNPARSED}invalid character 'x' after top-level value ({"apiVersion":"v1","kind":"Con ...)`,
    ),
  ],
  [
    "a value of the wrong type",
    create(map({ data: { a: 1 } })),
    failure(
      "BadRequest",
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    ),
  ],
  [
    "unknown and duplicate fields, strictly",
    create(
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bad","nmae":"x"},"spec":{},"data":{"a":"1","a":"2"}}',
      `${MAPS}?fieldValidation=Strict`,
    ),
    failure(
      "BadRequest",
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.nmae", unknown field "spec", duplicate field "data.a"',
    ),
  ],
  [
    "a wrong kind",
    create('{"apiVersion":"v1","kind":"Secret","metadata":{"name":"bad"}}'),
    failure(
      "BadRequest",
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
    ),
  ],
  [
    "a kind that nobody knows",
    create('{"apiVersion":"v1","kind":"Nope","metadata":{"name":"bad"}}'),
    failure(
      "BadRequest",
      'Nope in version "v1" cannot be handled as a ConfigMap: no kind "Nope" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ),
  ],
  [
    "a bad name",
    create(map({ metadata: { name: "Bad_Name" } })),
    failure("Invalid", `ConfigMap "Bad_Name" is invalid: metadata.name: ${BAD_NAME}`, {
      name: "Bad_Name",
      kind: "ConfigMap",
      causes: [{ reason: "FieldValueInvalid", message: BAD_NAME, field: "metadata.name" }],
    }),
  ],
  [
    "several faults at once",
    create('{"apiVersion":"v1","kind":"Pod","metadata":{"name":"Bad_Name"},"spec":{}}', PODS),
    failure(
      "Invalid",
      `Pod "Bad_Name" is invalid: [metadata.name: ${BAD_NAME}, spec.containers: Required value]`,
      {
        name: "Bad_Name",
        kind: "Pod",
        causes: [
          { reason: "FieldValueInvalid", message: BAD_NAME, field: "metadata.name" },
          { reason: "FieldValueRequired", message: "Required value", field: "spec.containers" },
        ],
      },
    ),
  ],
  [
    "no name",
    create(map({ metadata: {} })),
    failure(
      "Invalid",
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
      {
        kind: "ConfigMap",
        causes: [
          {
            reason: "FieldValueRequired",
            message: "Required value: name or generateName is required",
            field: "metadata.name",
          },
        ],
      },
    ),
  ],
  [
    "another namespace than the URL's",
    create(map({ metadata: { name: "bad", namespace: "other" } })),
    failure(
      "BadRequest",
      "the namespace of the provided object does not match the namespace sent on the request",
    ),
  ],
  [
    "another name than the URL's",
    { ...create(map(), `${MAPS}/other`), method: "PUT" },
    failure(
      "BadRequest",
      "the name of the object (bad) does not match the name on the URL (other)",
    ),
  ],
  [
    "a namespace that is not there",
    create(map(), "/api/v1/namespaces/nope/configmaps"),
    failure("NotFound", 'namespaces "nope" not found', { name: "nope", kind: "namespaces" }),
  ],
  [
    "a body of 4 MiB",
    create(map({ data: { a: "x".repeat(4 * 1024 * 1024) } })),
    failure("RequestEntityTooLarge", "Request entity too large: limit is 3145728"),
  ],
  [
    "a ConfigMap of more than 1 MiB",
    create(map({ data: { a: "x".repeat(1024 * 1024 + 1) } })),
    failure(
      "Invalid",
      'ConfigMap "bad" is invalid: []: Too long: may not be more than 1048576 bytes',
      {
        name: "bad",
        kind: "ConfigMap",
        causes: [
          {
            reason: "FieldValueTooLong",
            message: "Too long: may not be more than 1048576 bytes",
            field: "[]",
          },
        ],
      },
    ),
  ],
  [
    "an unknown media type",
    { ...create("hello"), type: "text/plain" },
    failure("UnsupportedMediaType", BODY_TYPES),
  ],
  [
    "an unknown media type of a patch",
    patch(JSON_TYPE, "{}"),
    failure("UnsupportedMediaType", "415: Unsupported Media Type", {}),
  ],
  [
    "an answer in a media type that is not had",
    { method: "GET", path: MAPS, accept: "text/html" },
    failure(
      "NotAcceptable",
      "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
      {},
    ),
  ],
  [
    "protobuf that is none",
    { ...create("garbage"), type: "application/vnd.kubernetes.protobuf" },
    failure(
      "BadRequest",
      `${UNRECOGNIZED}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (67617262616765)`,
    ),
  ],
  [
    "a patch that is no JSON",
    // Only of what is there: the object is looked for first.
    { ...patch("application/merge-patch+json", "{"), path: `${MAPS}/kube-root-ca.crt` },
    failure("BadRequest", "error decoding patch: unexpected end of JSON input"),
  ],
  ["a verb that a collection does not have", { ...create(map()), method: "PUT" }, NOT_ALLOWED],
  ["a verb that an object does not have", create(map(), `${MAPS}/bad`), NOT_ALLOWED],
  ["a method that nobody knows", { ...create(map()), method: "BREW" }, NOT_ALLOWED],
  [
    "a resource that nobody knows",
    create(map(), "/api/v1/namespaces/default/nopes"),
    failure("NotFound", "the server could not find the requested resource", {}),
  ],
  [
    "an option that has no such value",
    create(map(), `${MAPS}?fieldValidation=Loose`),
    failure(
      "Invalid",
      'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Loose": supported values: "", "Ignore", "Strict", "Warn"',
      {
        group: "meta.k8s.io",
        kind: "CreateOptions",
        causes: [
          {
            reason: "FieldValueNotSupported",
            message: 'Unsupported value: "Loose": supported values: "", "Ignore", "Strict", "Warn"',
            field: "fieldValidation",
          },
        ],
      },
    ),
  ],
  [
    "a field selector that does not exist",
    { method: "GET", path: `${PODS}?fieldSelector=color%3Dred` },
    failure("BadRequest", "field label not supported: color"),
  ],
  [
    "a label selector that ends too early",
    { method: "GET", path: `${PODS}?labelSelector=a%20in%20(b` },
    failure("BadRequest", "unable to parse requirement: found '', expected: ',' or ')'"),
  ],
];

describe.each(["--http2", "--http1.1"])("with curl %s", (protocol) => {
  test.each(CASES)(
    "%s",
    async (_, call, expected) => {
      const { code, text } = await send(protocol, call);
      expect([code, JSON.parse(text)]).toEqual([expected.code, expected]);
    },
    STEP_MS,
  );

  test("YAML that cannot be read", async () => {
    const call = { ...create("a: [b"), type: "application/yaml" };
    const { code, text } = await send(protocol, call);
    expect(code).toBe(400);
    expect(JSON.parse(text).message).toBe(
      `${UNRECOGNIZED}yaml: line 1: did not find expected ',' or ']' (613a205b62)`,
    );
  });

  test("a path that leads nowhere", async () => {
    for (const path of ["/nowhere", "/apis/nope/v1", "/apis/apps/v9/deployments"]) {
      expect(await send(protocol, create(map(), path))).toEqual({
        code: 404,
        text: "404 page not found",
      });
    }
  });
});
