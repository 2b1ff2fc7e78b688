import { describe, expect, test } from "bun:test";
import { statusErrorOf } from "#test/kit/status-error.ts";
import type { GroupVersionKind } from "../resource.ts";
import { decodeObject } from "./decode-object.ts";
import type { FieldValidation } from "./strict.ts";

const CONFIG_MAP = { group: "", version: "v1", kind: "ConfigMap" };
const DEPLOYMENT = { group: "apps", version: "v1", kind: "Deployment" };
const POD = { group: "", version: "v1", kind: "Pod" };

interface Given {
  readonly body: unknown;
  readonly expected?: GroupVersionKind;
  readonly contentType?: string;
  readonly fieldValidation?: FieldValidation;
}

function decode({ body, ...options }: Given) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return decodeObject({
    expected: CONFIG_MAP,
    contentType: "application/json",
    fieldValidation: "Strict",
    ...options,
    body: new TextEncoder().encode(text),
  });
}

const statusOf = (given: Given) => statusErrorOf(() => decode(given)).status;

const deployment = (spec: object) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec,
});
const pod = (spec: object) => ({ ...deployment(spec), apiVersion: "v1", kind: "Pod" });

describe("the kind of a body", () => {
  test("is filled in from the path where the body has none", () => {
    expect(decode({ body: { metadata: { name: "a" } }, contentType: "" }).object).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
    });
  });

  test.each([
    [
      { apiVersion: "v1", kind: "Secret" },
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
    ],
    [
      { apiVersion: "v1", kind: "Nope" },
      'Nope in version "v1" cannot be handled as a ConfigMap: no kind "Nope" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      { apiVersion: "v2", kind: "ConfigMap" },
      'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      { apiVersion: "apps/v1beta1", kind: "Deployment" },
      'Deployment in version "v1beta1" cannot be handled as a ConfigMap: converting (v1beta1.Deployment) to (core.ConfigMap): unknown conversion',
    ],
    [
      { Kind: "Nope", APIVERSION: "v1" },
      'Nope in version "v1" cannot be handled as a ConfigMap: no kind "Nope" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      { kind: "ConfigMap", apiVersion: "apps/" },
      `ConfigMap in version "" cannot be handled as a ConfigMap: Object 'apiVersion' is missing in '{"kind":"ConfigMap","apiVersion":"apps/"}'`,
    ],
    [
      { kind: {}, apiVersion: "a/b/c" },
      'the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: json: cannot unmarshal object into Go struct field .kind of type string ({"kind":{},"apiVersion":"a/b/c ...)',
    ],
    [
      "",
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
    ],
    [
      '{"kind":"ConfigMap",}',
      'the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: invalid character \'}\' looking for beginning of object key string ({"kind":"ConfigMap",})',
    ],
    [
      "[]",
      'the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)',
    ],
    [
      { kind: 1 },
      'the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string ({"kind":1})',
    ],
  ])("%p is refused in Kubernetes' words", (body, message) => {
    expect(statusOf({ body })).toMatchObject({ code: 400, reason: "BadRequest", message });
  });

  test.each([
    [
      DEPLOYMENT,
      { apiVersion: "apps/v1beta1", kind: "Deployment" },
      "the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)",
    ],
    [
      { group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition" },
      { apiVersion: "v1", kind: "Pod" },
      'Pod in version "v1" cannot be handled as a CustomResourceDefinition: no kind "Pod" is registered for version "v1" in scheme "pkg/apiserver/apiserver.go:55"',
    ],
  ])("%p does not take %p", (expected, body, message) => {
    expect(statusOf({ body, expected })).toMatchObject({ code: 400, message });
  });

  test("DeleteOptions are taken under any group, and without a kind", () => {
    const expected = { group: "meta.k8s.io", version: "v1", kind: "DeleteOptions" };
    for (const apiVersion of ["v1", "apps/v1", undefined]) {
      const body = { apiVersion, kind: apiVersion && "DeleteOptions", gracePeriodSeconds: 0 };
      expect(decode({ body, expected }).object).toMatchObject({ gracePeriodSeconds: 0 });
    }
  });
});

test("an unknown media type is answered with 415 and the types that are read", () => {
  expect(statusOf({ body: {}, contentType: "text/plain" })).toMatchObject({
    code: 415,
    reason: "UnsupportedMediaType",
    message:
      "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  });
  expect(decode({ body: "{}", contentType: "application/json; charset=utf-8" }).warnings).toEqual(
    [],
  );
});

describe("fields that the schema does not know", () => {
  const body = `{"apiVersion":"apps/v1","kind":"Deployment","spec":{"foo":1,"Replicas":2,"replicas":1,
    "template":{"spec":{"containers":[{"name":"a"},{"name":"b","imagee":"x"}]}},"replicas":3}}`;
  const errors = [
    'unknown field "spec.foo"',
    'unknown field "spec.Replicas"',
    'unknown field "spec.template.spec.containers[1].imagee"',
    'duplicate field "spec.replicas"',
  ];

  test("are refused by Strict, all at once", () => {
    expect(statusOf({ body, expected: DEPLOYMENT })).toMatchObject({
      code: 400,
      reason: "BadRequest",
      message: `Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: ${errors.join(", ")}`,
    });
  });

  test("are warnings with Warn, nothing with Ignore, and never kept", () => {
    const warned = decode({ body, expected: DEPLOYMENT, fieldValidation: "Warn" });
    expect(warned.warnings).toEqual(errors);
    const ignored = decode({ body, expected: DEPLOYMENT, fieldValidation: "Ignore" });
    expect(ignored.warnings).toEqual([]);
    expect(ignored.object).toEqual(warned.object);
    expect(ignored.object).toMatchObject({ spec: { replicas: 3 } });
    expect(JSON.stringify(ignored.object)).not.toMatch(/foo|Replicas"|imagee/);
  });
});

describe("a value of the wrong type", () => {
  const container = (given: object) => deployment({ template: { spec: { containers: [given] } } });

  test.each([
    [
      deployment({ replicas: "3" }),
      "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      deployment({ replicas: 1.5 }),
      "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      container({ env: [{ name: "A", value: 1 }] }),
      "json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string",
    ],
    [
      container({ ports: { containerPort: 80 } }),
      "json: cannot unmarshal object into Go struct field Container.spec.template.spec.containers.ports of type []v1.ContainerPort",
    ],
    [
      { ...deployment({}), metadata: { labels: { a: true } } },
      "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string",
    ],
    [
      { ...deployment({}), metadata: { labels: [] } },
      "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string",
    ],
    [
      { ...deployment({}), metadata: { creationTimestamp: "soon" } },
      'parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006"',
    ],
    [
      { ...deployment({}), metadata: { deletionTimestamp: "2024-02-30T00:00:00Z" } },
      'parsing time "2024-02-30T00:00:00Z": day out of range',
    ],
    [
      { ...deployment({}), metadata: { uid: 1 } },
      "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.uid of type types.UID",
    ],
    [
      deployment({ template: { spec: { volumes: [{ emptyDir: { medium: 5 } }] } } }),
      "json: cannot unmarshal number into Go struct field EmptyDirVolumeSource.spec.template.spec.volumes.VolumeSource.emptyDir.medium of type v1.StorageMedium",
    ],
    [
      container({ resources: { limits: 5 } }),
      "json: cannot unmarshal number into Go struct field ResourceRequirements.spec.template.spec.containers.resources.limits of type v1.ResourceList",
    ],
    [
      { ...deployment({ replicas: "x" }), metadata: { uid: 1 } },
      "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.uid of type types.UID",
    ],
    [
      { ...deployment({ replicas: "x" }), status: { conditions: [{ lastUpdateTime: 5 }] } },
      "json: cannot unmarshal number into Go struct field DeploymentCondition.status.conditions.lastUpdateTime of type string",
    ],
    [
      container({ resources: { limits: { cpu: [1] } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      container({ resources: { limits: { cpu: "1x" } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ])("%p is refused as Go's decoder does", (body, why) => {
    expect(statusOf({ body, expected: DEPLOYMENT }).message).toBe(
      `Deployment in version "v1" cannot be handled as a Deployment: ${why}`,
    );
  });

  test("base64 names the byte that is none", () => {
    const expected = { group: "", version: "v1", kind: "Secret" };
    expect(statusOf({ body: { data: { a: "YWJ!" } }, expected }).message).toBe(
      'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 3',
    );
  });
});

describe("the normal form", () => {
  const stored = (given: Given) => decode({ expected: POD, ...given }).object;

  test("leaves out nulls and what Go omits, keeps the zero values of pointers", () => {
    const spec = {
      hostNetwork: false,
      nodeName: "",
      nodeSelector: {},
      tolerations: [],
      affinity: null,
      shareProcessNamespace: false,
      terminationGracePeriodSeconds: 0,
      volumes: [{ name: "v", emptyDir: {} }],
      containers: [{ name: "c", args: ["", "x"], env: [{ name: "E", value: "" }] }],
    };
    expect(stored({ body: pod(spec) })).toMatchObject({
      spec: {
        shareProcessNamespace: false,
        terminationGracePeriodSeconds: 0,
        volumes: [{ name: "v", emptyDir: {} }],
        containers: [{ name: "c", args: ["", "x"], env: [{ name: "E" }], resources: {} }],
      },
      status: {},
    });
    expect(JSON.stringify(stored({ body: pod(spec) }))).not.toMatch(
      /hostNetwork|nodeName|nodeSelector|tolerations|affinity|value/,
    );
  });

  test("writes structs that Go holds by value, as upstream's answers show them", () => {
    expect(stored({ body: deployment({}), expected: DEPLOYMENT })).toEqual({
      ...deployment({ strategy: {}, template: { metadata: {}, spec: { containers: [] } } }),
      status: {},
    } as never);
  });

  test("has canonical quantities and times in UTC", () => {
    const body = {
      ...pod({
        containers: [{ name: "c", resources: { limits: { cpu: 0.5, memory: "1024Mi" } } }],
      }),
      metadata: { name: "web", creationTimestamp: "2024-01-01T01:30:00+02:00" },
    };
    expect(stored({ body })).toMatchObject({
      metadata: { creationTimestamp: "2023-12-31T23:30:00Z" },
      spec: { containers: [{ resources: { limits: { cpu: "500m", memory: "1Gi" } } }] },
    });
  });

  test("is its own normal form", () => {
    const once = stored({ body: pod({ containers: [{ name: "c", image: "i" }] }) });
    expect(stored({ body: once })).toEqual(once);
  });

  test("is the same from YAML", () => {
    const yaml = `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostNetwork: no
  containers:
  - {name: c, image: i, ports: [{containerPort: 80}]}
`;
    expect(stored({ body: yaml, contentType: "application/yaml" })).toEqual(
      stored({
        body: pod({ containers: [{ name: "c", image: "i", ports: [{ containerPort: 80 }] }] }),
      }),
    );
  });
});

test("duplicate keys in YAML are told with their line", () => {
  const body = "kind: ConfigMap\ndata:\n  a: one\n  a: two\n";
  expect(statusOf({ body, contentType: "application/yaml" }).message).toBe(
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 4: key "a" already set in map',
  );
});

test("a key named __proto__ stays data in a map and is unknown in a struct", () => {
  const { object } = decode({ body: '{"data":{"__proto__":"x"}}' });
  expect(JSON.stringify(object)).toContain('"data":{"__proto__":"x"}');
  expect(statusOf({ body: '{"__proto__":{"data":{}}}' }).message).toContain(
    'unknown field "__proto__"',
  );
});
