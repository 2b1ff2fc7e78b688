import { expect, test } from "bun:test";
import { currentAnnotations, nextRevision, REVISION_ANNOTATION, revisionOf } from "./revision.ts";

const of = (revision: string) => ({
  metadata: { annotations: { [REVISION_ANNOTATION]: revision } },
});

test("a revision is a 64-bit number to its last digit", () => {
  const old = of("3546343826724305832");
  expect(revisionOf(old)).toBe(3_546_343_826_724_305_832n);
  const next = nextRevision([of("1"), old]);
  expect(currentAnnotations({}, next, {})).toEqual({
    [REVISION_ANNOTATION]: "3546343826724305833",
  });
});

test("what is no number is no revision", () => {
  expect(nextRevision([of("two"), of("-3"), {}])).toBe(1n);
});

test("a ReplicaSet that is current again tells which rollouts it was of", () => {
  const again = currentAnnotations({}, 4n, of("2").metadata.annotations);
  expect(again).toEqual({
    [REVISION_ANNOTATION]: "4",
    "deployment.kubernetes.io/revision-history": "2",
  });
  expect(currentAnnotations({}, 3n, again)).toEqual(again);
});
