import { expect, test } from "bun:test";
import { SCHEMA } from "../schema.ts";
import { heldDifference } from "./held-difference.ts";
import { heldJson } from "./held-json.ts";

const POD_SPEC = SCHEMA.object("io.k8s.api.core.v1.PodSpec");

/** What Kubernetes 1.36.2 says of the same pods. */
test("a node selector that grows", () => {
  const current = {
    containers: [{ name: "c", image: "busybox" }],
    dnsPolicy: "ClusterFirst",
    nodeSelector: { a: "b" },
  };
  const next = { ...current, nodeSelector: { a: "b", c: "d" } };
  expect(heldDifference(POD_SPEC, { current, next })).toBe(`@@ -40,7 +40,8 @@
  "ActiveDeadlineSeconds": null,
  "DNSPolicy": "ClusterFirst",
  "NodeSelector": {
-  "a": "b"
+  "a": "b",
+  "c": "d"
  },
  "ServiceAccountName": "",
  "AutomountServiceAccountToken": null,
`);
});

test("what lies elsewhere in the API, and what is no pointer there", () => {
  const volume = (token: object) => ({
    name: "v",
    projected: { sources: [{ serviceAccountToken: { path: "t", ...token } }] },
  });
  const current = { containers: [], hostPID: true, serviceAccount: "old", volumes: [volume({})] };
  const next = {
    containers: [],
    hostNetwork: true,
    serviceAccountName: "new",
    securityContext: { fsGroup: 5 },
    volumes: [volume({ expirationSeconds: 600 })],
  };
  const difference = heldDifference(POD_SPEC, { current, next });
  expect(difference.split("\n").filter((line) => /^[-+@]/.test(line))).toEqual([
    "@@ -33,7 +33,7 @@",
    '-       "ExpirationSeconds": 0,',
    '+       "ExpirationSeconds": 600,',
    "@@ -58,12 +58,12 @@",
    '- "ServiceAccountName": "old",',
    '+ "ServiceAccountName": "new",',
    '-  "HostNetwork": false,',
    '-  "HostPID": true,',
    '+  "HostNetwork": true,',
    '+  "HostPID": false,',
    "@@ -74,7 +74,7 @@",
    '-  "FSGroup": null,',
    '+  "FSGroup": 5,',
  ]);
});

test("nothing where only amounts are written otherwise", () => {
  const [current, next] = ["1Gi", "1024Mi"].map((memory) => ({ overhead: { memory } }));
  expect(heldDifference(POD_SPEC, { current, next })).toBe("");
});

test("what is too large is not told apart, and is shown as the API has it", () => {
  const volumes = Array.from({ length: 8000 }, (_, index) => ({ name: `v${index}` }));
  const [current, next] = [{ volumes }, { volumes: volumes.slice(1) }];
  expect(heldDifference(POD_SPEC, { current, next })).toBe(
    "too much to show how it would change\n",
  );
  expect(heldDifference(POD_SPEC, { current, next: structuredClone(current) })).toBe("");
  expect(heldJson(POD_SPEC, current)).toStartWith('{"volumes":[{"name":"v0"},');
});
