import { expect, test } from "bun:test";
import { CUSTOM_RESOURCE_DEFINITIONS } from "../resources.ts";
import { isOutdated, KUBEEDGE_DEFINITIONS, REVISION_ANNOTATION } from "./definitions.ts";

test.each(KUBEEDGE_DEFINITIONS.map((each) => [each.metadata?.name ?? "", each] as const))(
  "%s is a definition that Kubernetes would take",
  (_, definition) => {
    const defaulted = {
      ...structuredClone(definition),
      status: { storedVersions: [] as string[] },
    };
    CUSTOM_RESOURCE_DEFINITIONS.setDefaults(defaulted);
    const [version] = defaulted.spec?.versions ?? [];
    const status = { storedVersions: [version?.name ?? ""] };
    expect(CUSTOM_RESOURCE_DEFINITIONS.validate({ ...defaulted, status })).toEqual([]);
  },
);

test("only what is ours and older is replaced", () => {
  const withRevision = (revision?: string) => ({
    metadata: { ...(revision && { annotations: { [REVISION_ANNOTATION]: revision } }) },
  });
  expect(isOutdated(withRevision("0"))).toBe(true);
  expect(isOutdated(withRevision("1"))).toBe(false);
  expect(isOutdated(withRevision())).toBe(false);
});
