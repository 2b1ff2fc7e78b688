import { describe, expect, test } from "bun:test";
import { StatusError } from "../status.ts";
import { decodeObject, type EncodedObject } from "./decode-object.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";

interface Recorded {
  readonly what: string;
  readonly group: string;
  readonly kind: string;
  readonly body: string;
  readonly expected: object;
}

/** What kubectl 1.33 sent for its create generators. */
const RECORDED: readonly Recorded[] = [
  {
    what: "a Deployment scaled to nothing",
    group: "apps",
    kind: "Deployment",
    body: "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EtEBCiMKBXBid2ViEgAaACIAKgAyADgAQgBaDAoDYXBwEgVwYndlYhKbAQgAEg4KDAoDYXBwEgVwYndlYhp/Ch4KABIAGgAiACoAMgA4AEIAWgwKA2FwcBIFcGJ3ZWISXRI/CgdidXN5Ym94EglidXN5Ym94OjEaBWh0dHBkGgItZioAMgoKABAAGFAiACoAQgBqAHIAgAEAiAEAkAEAogEAGgAyAEIASgBSAFgAYABoAIIBAIoBAJoBAMIBACICCgAoADgAGgwIABAAGAAgACgAOAAaACIA",
    expected: {
      metadata: { name: "pbweb", labels: { app: "pbweb" } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: "pbweb" } },
        template: {
          metadata: { labels: { app: "pbweb" } },
          spec: {
            containers: [
              {
                name: "busybox",
                image: "busybox:1",
                command: ["httpd", "-f"],
                ports: [{ containerPort: 80 }],
                resources: {},
              },
            ],
          },
        },
        strategy: {},
      },
      status: {},
    },
  },
  {
    what: "a ConfigMap with an empty value",
    group: "",
    kind: "ConfigMap",
    body: "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEiUKFAoEcGJjbRIAGgAiACoAMgA4AEIAEgYKAWESATESBQoBYhIAGgAiAA==",
    expected: { metadata: { name: "pbcm" }, data: { a: "1", b: "" } },
  },
  {
    what: "a ConfigMap of bytes",
    group: "",
    kind: "ConfigMap",
    body: "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEiIKFQoFcGJiaW4SABoAIgAqADIAOABCABoJCgF4EgQAAf/+GgAiAA==",
    expected: { metadata: { name: "pbbin" }, binaryData: { x: "AAH//g==" } },
  },
  {
    what: "a Secret",
    group: "",
    kind: "Secret",
    body: "azhzAAoMCgJ2MRIGU2VjcmV0EiMKEwoDcGJzEgAaACIAKgAyADgAQgASCgoBcBIFaGVsbG8aABoAIgA=",
    expected: { metadata: { name: "pbs" }, data: { p: "aGVsbG8=" } },
  },
  {
    what: "a Service on a named port",
    group: "",
    kind: "Service",
    body: "azhzAAoNCgJ2MRIHU2VydmljZRJzCiMKBXBic3ZjEgAaACIAKgAyADgAQgBaDAoDYXBwEgVwYnN2YxJICiAKBzgwLWh0dHASA1RDUBhQIgoIARAAGgRodHRwKIDrARIMCgNhcHASBXBic3ZjGgAiCE5vZGVQb3J0OgBCAFIAWgBgAGgAGgIKABoAIgA=",
    expected: {
      metadata: { name: "pbsvc", labels: { app: "pbsvc" } },
      spec: {
        ports: [
          { name: "80-http", protocol: "TCP", port: 80, targetPort: "http", nodePort: 30080 },
        ],
        selector: { app: "pbsvc" },
        type: "NodePort",
      },
      status: { loadBalancer: {} },
    },
  },
  {
    what: "a Job",
    group: "batch",
    kind: "Job",
    body: "azhzAAoPCghiYXRjaC92MRIDSm9iEoYBChUKBXBiam9iEgAaACIAKgAyADgAQgASYzJhChAKABIAGgAiACoAMgA4AEIAEk0SKgoFcGJqb2ISB2J1c3lib3gaBHRydWUqAEIAagByAIABAIgBAJABAKIBABoFTmV2ZXIyAEIASgBSAFgAYABoAIIBAIoBAJoBAMIBABoIIAAoADAAOgAaACIA",
    expected: {
      metadata: { name: "pbjob" },
      spec: {
        template: {
          metadata: {},
          spec: {
            containers: [{ name: "pbjob", image: "busybox", command: ["true"], resources: {} }],
            restartPolicy: "Never",
          },
        },
      },
      status: {},
    },
  },
  {
    what: "a TokenRequest",
    group: "authentication.k8s.io",
    kind: "TokenRequest",
    body: "azhzAAooChhhdXRoZW50aWNhdGlvbi5rOHMuaW8vdjESDFRva2VuUmVxdWVzdBIdChAKABIAGgAiACoAMgA4AEIAEgMgkBwaBAoAEgAaACIA",
    expected: {
      metadata: {},
      spec: { audiences: [], expirationSeconds: 3600 },
      status: { token: "" },
    },
  },
];

const text = (value: string): number[] => [...new TextEncoder().encode(value)];

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

const field = (number: number, ...parts: number[][]): number[] => {
  const bytes = parts.flat();
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
};
const int = (number: number, value: number): number[] => [...varint(number * 8), ...varint(value)];

const envelope = (apiVersion: string, kind: string, ...message: number[][]): Uint8Array =>
  Uint8Array.from([
    ...text("k8s\0"),
    ...field(1, field(1, text(apiVersion)), field(2, text(kind))),
    ...field(2, ...message),
  ]);

const decode = (body: Uint8Array, expected: EncodedObject["expected"]) =>
  decodeObject({ body, contentType: PROTOBUF, expected, fieldValidation: "Strict" }).object;

describe("protobuf", () => {
  test.each(RECORDED.map((recorded) => [recorded.what, recorded] as const))(
    "%s is the same as its JSON",
    (_, { group, kind, body, expected }) => {
      const apiVersion = group === "" ? "v1" : `${group}/v1`;
      const decoded = decode(Buffer.from(body, "base64"), { group, version: "v1", kind });
      expect(decoded).toEqual({ apiVersion, kind, ...expected });
      const json = decodeObject({
        body: new TextEncoder().encode(JSON.stringify(expected)),
        contentType: "application/json",
        expected: { group, version: "v1", kind },
        fieldValidation: "Strict",
      });
      expect(json.object).toEqual(decoded);
    },
  );

  test("an Eviction keeps the zero of a pointer and the list of dryRun", () => {
    const options = [int(1, 0), field(2, field(1, text("u1"))), field(5, text("All"))];
    const message = [field(1, field(1, text("p")), field(3, text("ns"))), field(2, ...options)];
    expect(
      decode(envelope("policy/v1", "Eviction", ...message), {
        group: "policy",
        version: "v1",
        kind: "Eviction",
      }),
    ).toEqual({
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: "p", namespace: "ns" },
      deleteOptions: { gracePeriodSeconds: 0, preconditions: { uid: "u1" }, dryRun: ["All"] },
    } as never);
  });

  test("times, microseconds and managed fields are written as JSON has them", () => {
    const managed = [field(1, text("m")), field(7, field(1, text('{"f:spec":{}}')))];
    const meta = [field(8, int(1, 1_700_000_000)), field(17, ...managed)];
    const renewTime = field(4, int(1, 1_700_000_000), int(2, 123_456_000));
    const lease = envelope(
      "coordination.k8s.io/v1",
      "Lease",
      field(1, ...meta),
      field(2, renewTime),
    );
    const expected = { group: "coordination.k8s.io", version: "v1", kind: "Lease" };
    expect(decode(lease, expected)).toMatchObject({
      metadata: {
        creationTimestamp: "2023-11-14T22:13:20Z",
        managedFields: [{ manager: "m", fieldsV1: { "f:spec": {} } }],
      },
      spec: { renewTime: "2023-11-14T22:13:20.123456Z" },
    } as never);
  });

  test("fields that nobody knows are left out", () => {
    const message = [int(99, 7), field(98, text("x")), field(1, field(1, text("a")))];
    expect(
      decode(envelope("v1", "ConfigMap", ...message), {
        group: "",
        version: "v1",
        kind: "ConfigMap",
      }),
    ).toEqual({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } });
  });

  const CONFIG_MAP = { group: "", version: "v1", kind: "ConfigMap" };

  test("a body that is no protobuf is refused with what was expected", () => {
    expect(() => decode(new TextEncoder().encode("{}"), CONFIG_MAP)).toThrow(
      "the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({})",
    );
  });

  test("cut anywhere, a body is refused or read, and nothing else is thrown", () => {
    const whole = Buffer.from(RECORDED[0]?.body ?? "", "base64");
    const expected = { group: "apps", version: "v1", kind: "Deployment" };
    let refused = 0;
    for (let length = 0; length < whole.length; length += 1) {
      try {
        decode(whole.subarray(0, length), expected);
      } catch (error) {
        expect(error).toBeInstanceOf(StatusError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(whole.length - 10);
  });

  test("a field of the wrong wire type is refused", () => {
    expect(() => decode(envelope("v1", "ConfigMap", int(1, 3)), CONFIG_MAP)).toThrow(
      /proto: wrong wireType = 0 for field 1/,
    );
  });

  test("a length that overflows is refused", () => {
    const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    expect(() => decode(envelope("v1", "ConfigMap", [0x0a, ...huge]), CONFIG_MAP)).toThrow(
      /integer overflow/,
    );
  });
});
