import { expect, test } from "bun:test";
import { generateOpenApi, generateSchema, OPENAPI_FILE, SCHEMA_FILE } from "../../build/schema.ts";
import { RESOURCES } from "./resources.ts";
import { SCHEMA } from "./schema.ts";

test("what is generated is what build/schema.ts makes today", async () => {
  expect(await Bun.file(SCHEMA_FILE).text()).toBe(await generateSchema());
  const openApi = Bun.zstdDecompressSync(await Bun.file(OPENAPI_FILE).bytes());
  expect(new TextDecoder().decode(openApi)).toBe(await generateOpenApi());
});

test("every row of the resource table and its list have a definition of their kind", () => {
  for (const { group, version, kind, definition, verbs } of RESOURCES) {
    expect(SCHEMA.ofKind({ group, version, kind })?.name).toBe(definition);
    if (!verbs.includes("list")) continue;
    expect(SCHEMA.ofKind({ group, version, kind: `${kind}List` })?.name).toBe(`${definition}List`);
  }
});

test("a field carries its type, merge key, list type and whether Go holds a pointer", () => {
  const fields = SCHEMA.object("io.k8s.api.core.v1.PodSpec").fields;
  expect(fields.get("containers")).toMatchObject({
    type: { is: "list", of: { is: "object", name: "io.k8s.api.core.v1.Container" } },
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
  });
  expect(fields.get("hostNetwork")?.pointer).toBeUndefined();
  expect(fields.get("shareProcessNamespace")?.pointer).toBe(true);
  expect(fields.get("nodeSelector")?.type).toEqual({
    is: "map",
    of: { is: "scalar", scalar: "string" },
  });
});

test("inlined Go structs are opened into their parent", () => {
  const volume = SCHEMA.object("io.k8s.api.core.v1.Volume").fields;
  expect(volume.get("emptyDir")?.pointer).toBe(true);
  expect(volume.has("volumeSource")).toBe(false);
  expect(SCHEMA.object("io.k8s.api.core.v1.EphemeralContainer").fields.has("image")).toBe(true);
});

test("only Go's named string lists stand for their one field", () => {
  const type = (definition: string, field: string) =>
    SCHEMA.object(definition).fields.get(field)?.type;
  expect(type("io.k8s.api.core.v1.VolumeProjection", "downwardAPI")).toMatchObject({
    is: "object",
    name: "io.k8s.api.core.v1.DownwardAPIProjection",
  });
});

test("exact scalars survive where the model classes only say number and string", () => {
  const type = (definition: string, field: string) =>
    SCHEMA.object(`io.k8s.api.core.v1.${definition}`).fields.get(field)?.type;
  expect(type("PodSpec", "activeDeadlineSeconds")).toEqual({ is: "scalar", scalar: "int64" });
  expect(type("HTTPGetAction", "port")).toEqual({ is: "scalar", scalar: "intOrString" });
  expect(type("Secret", "data")).toEqual({ is: "map", of: { is: "scalar", scalar: "bytes" } });
  expect(type("ResourceRequirements", "limits")).toEqual({
    is: "map",
    of: { is: "scalar", scalar: "quantity" },
  });
});

test("kinds of meta.k8s.io are found under every group that has them", () => {
  const found = ["meta.k8s.io", "", "apps"].map((group) =>
    SCHEMA.ofKind({ group, version: "v1", kind: "DeleteOptions" }),
  );
  expect(new Set(found).size).toBe(1);
});

test("a field that a column shows has the text of its Go comment, without what documents add", () => {
  const spec = SCHEMA.object("io.k8s.api.core.v1.PersistentVolumeSpec").fields;
  expect(spec.get("volumeMode")?.description).toEndWith("when not included in spec.");
});
