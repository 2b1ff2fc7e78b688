import { expect, test } from "bun:test";
import { LiveCatalog } from "#api/catalog.ts";
import { RESOURCES } from "#api/resources.ts";
import { PathTable } from "./request-path.ts";

const paths = new PathTable(new LiveCatalog(RESOURCES));

const summary = (path: string): string | undefined => {
  const found = paths.parse(path);
  if (found === undefined) return undefined;
  const { resource, namespace, name, subresource, watch } = found;
  return [watch ? "watch " : "", resource.plural, namespace, name ?? "", subresource ?? ""].join(
    "|",
  );
};

test.each([
  ["/api/v1/pods", "|pods|||"],
  ["/api/v1/namespaces", "|namespaces|||"],
  ["/api/v1/namespaces/a", "|namespaces||a|"],
  ["/api/v1/namespaces/a/finalize", "|namespaces||a|finalize"],
  ["/api/v1/namespaces/a/pods", "|pods|a||"],
  ["/api/v1/namespaces/a/pods/b", "|pods|a|b|"],
  ["/api/v1/namespaces/a/pods/b/log", "|pods|a|b|log"],
  ["/api/v1/nodes/n/status", "|nodes||n|status"],
  ["/apis/apps/v1/namespaces/a/deployments/b/scale", "|deployments|a|b|scale"],
  ["/api/v1/watch/pods", "watch |pods|||"],
  ["/api/v1/watch/namespaces/a/pods/b", "watch |pods|a|b|"],
  ["/api/v1/namespaces/a/configmaps/x%2Fy", "|configmaps|a|x/y|"],
])("%s is %s", (path, expected) => {
  expect(summary(path)).toBe(expected);
});

test.each(["/api", "/api/v1", "/api/v2/pods", "/apis/nope/v1/x", "/apis//v1/pods", "/else"])(
  "%s is below nothing that is served",
  (path) => {
    expect(summary(path)).toBeUndefined();
  },
);

test.each([
  "/api/v1/things",
  "/api/v1/pods/b",
  "/api/v1/namespaces/a/nodes",
  "/api/v1/namespaces/a/pods/b/nope",
  "/api/v1/namespaces/a/pods/b/log/more",
  "/api/v1/namespaces//pods",
])("%s names no resource", (path) => {
  expect(() => paths.parse(path)).toThrow("the server could not find the requested resource");
});
