import { expect, test } from "bun:test";
import type { Pod } from "#api/object.ts";
import type { Status } from "#api/status.ts";
import { bodyOf, CORE, pod, post } from "#test/kit/api-objects.ts";
import { startTestApi } from "#test/kit/test-api.ts";

test("a pod is bound by a Binding of its name, too", async () => {
  using api = await startTestApi();
  await post(api, `${CORE}/pods`, pod("web"));
  const target = { apiVersion: "v1", kind: "Node", name: "edge" };
  const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: "web" }, target };
  const bound = await api.send("POST", `${CORE}/bindings`, { body: binding });
  expect(bound.status).toBe(201);
  expect(await bodyOf<Status>(bound)).toMatchObject({ kind: "Status", status: "Success" });
  const { spec } = await bodyOf<Pod>(api.send("GET", `${CORE}/pods/web`));
  expect(spec?.nodeName).toBe("edge");
  const none = { ...binding, metadata: { name: "none" } };
  const missing = await api.send("POST", `${CORE}/bindings`, { body: none });
  expect(missing.status).toBe(404);
  expect((await api.send("GET", `${CORE}/bindings`)).status).toBe(405);
});

test("a pod that waits for its gates is not bound, nor one by a Binding of another pod", async () => {
  using api = await startTestApi();
  const gated = pod("web");
  const spec = { ...gated.spec, schedulingGates: [{ name: "example.com/wait" }] };
  const made = await post(api, `${CORE}/pods`, { ...gated, spec });
  const bind = (binding: object) =>
    bodyOf<Status>(
      api.send("POST", `${CORE}/pods/web/binding`, {
        body: { apiVersion: "v1", kind: "Binding", ...binding },
      }),
    );
  const [metadata, target] = [{ name: "web" }, { kind: "Node", name: "edge" }];
  expect((await bind({ metadata, target })).message).toBe(
    'Operation cannot be fulfilled on pods/binding "web": pod web has non-empty .spec.schedulingGates',
  );
  expect((await bind({ metadata: { ...metadata, uid: "other" }, target })).message).toBe(
    `Operation cannot be fulfilled on pods "web": StorageError: invalid object, Code: 4, Key: /registry/pods/default/web, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: ${made.metadata?.uid}`,
  );
  expect(
    (await bind({ metadata: { ...metadata, resourceVersion: "1" }, target })).message,
  ).toEndWith(
    `Precondition failed: ResourceVersion in precondition: 1, ResourceVersion in object meta: ${made.metadata?.resourceVersion}`,
  );
  expect(await bind({ metadata: { name: "other" }, target })).toMatchObject({
    code: 400,
    message: "name in URL does not match name in Binding object",
  });
  const wrong = await bind({ metadata, target: { kind: "Moon" } });
  expect(wrong).toMatchObject({
    code: 500,
    message:
      '[target.kind: Unsupported value: "Moon": supported values: "Node", "<empty>", target.name: Required value]',
  });
  expect(wrong.reason).toBeUndefined();
});

test("what may not change in a pod is told by the difference of what Kubernetes would hold", async () => {
  using api = await startTestApi();
  await post(api, `${CORE}/pods`, pod("web"));
  const env = [{ name: "A", value: "1" }];
  const { message } = await bodyOf<Status>(
    api.send("PATCH", `${CORE}/pods/web`, {
      type: "application/strategic-merge-patch+json",
      body: { spec: { hostNetwork: true, containers: [{ name: "main", env }] } },
    }),
  );
  // As apimachinery's util/diff prints it for types that are laid out as those of Kubernetes 1.36
  expect(message?.slice(message.indexOf("\n"))).toBe(`
@@ -98,7 +98,13 @@
    "WorkingDir": "",
    "Ports": null,
    "EnvFrom": null,
-   "Env": null,
+   "Env": [
+    {
+     "Name": "A",
+     "Value": "1",
+     "ValueFrom": null
+    }
+   ],
    "Resources": {
     "Limits": null,
     "Requests": null,
@@ -142,7 +148,7 @@
  "AutomountServiceAccountToken": null,
  "NodeName": "",
  "SecurityContext": {
-  "HostNetwork": false,
+  "HostNetwork": true,
   "HostPID": false,
   "HostIPC": false,
   "ShareProcessNamespace": null,
`);
});

test("a pod is bound once, and goes in its grace period", async () => {
  using api = await startTestApi();
  await post(api, `${CORE}/pods`, pod("web"));
  const target = { apiVersion: "v1", kind: "Node", name: "edge" };
  const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: "web" }, target };
  const bound = await api.send("POST", `${CORE}/pods/web/binding`, { body: binding });
  expect(await bodyOf<object>(bound)).toEqual({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    code: 201,
  });
  const again = await bodyOf<Status>(
    api.send("POST", `${CORE}/pods/web/binding`, { body: binding }),
  );
  expect(again.message).toBe(
    'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "edge"',
  );
  const going = await bodyOf(api.send("DELETE", `${CORE}/pods/web`));
  expect(going.metadata).toMatchObject({
    deletionTimestamp: "2030-01-01T00:00:30Z",
    deletionGracePeriodSeconds: 30,
  });
  const shorter = await bodyOf(
    api.send("DELETE", `${CORE}/pods/web`, { body: { gracePeriodSeconds: 5 } }),
  );
  expect(shorter.metadata?.deletionTimestamp).toBe("2030-01-01T00:00:05Z");
  await api.send("DELETE", `${CORE}/pods/web?gracePeriodSeconds=0`);
  expect((await api.send("GET", `${CORE}/pods/web`)).status).toBe(404);
});

test("a pod that is going only gets less time, and only where that is asked", async () => {
  using api = await startTestApi();
  const spec = { ...pod("web").spec, nodeName: "edge", terminationGracePeriodSeconds: 60 };
  await post(api, `${CORE}/pods`, { ...pod("web"), spec });
  const remove = async (body: object = {}) =>
    (await bodyOf(api.send("DELETE", `${CORE}/pods/web`, { body }))).metadata;
  const first = await remove({ gracePeriodSeconds: 90 });
  expect(first).toMatchObject({ generation: 2, deletionGracePeriodSeconds: 90 });
  expect(await remove()).toEqual(first);
  expect(await remove({ propagationPolicy: "Foreground" })).toEqual(first);
  expect(await remove({ gracePeriodSeconds: 120 })).toEqual(first);
  const type = "application/merge-patch+json";
  const body = { status: { phase: "Succeeded" } };
  await api.send("PATCH", `${CORE}/pods/web/status`, { type, body });
  expect(await remove()).toMatchObject({ deletionGracePeriodSeconds: 90 });
  api.clock.advance(50_000);
  expect(await remove({ gracePeriodSeconds: 40 })).toMatchObject({
    generation: 2,
    deletionTimestamp: "2030-01-01T00:00:50Z",
    deletionGracePeriodSeconds: 1,
  });
  await remove({ gracePeriodSeconds: 0 });
  expect((await api.send("GET", `${CORE}/pods/web`)).status).toBe(404);
});

test("a pod that is on no node goes at once", async () => {
  using api = await startTestApi();
  await post(api, `${CORE}/pods`, pod("web"));
  await api.send("DELETE", `${CORE}/pods/web`);
  expect((await api.send("GET", `${CORE}/pods/web`)).status).toBe(404);
});

test("an eviction is a delete", async () => {
  using api = await startTestApi();
  await post(api, `${CORE}/pods`, pod("web", { nodeName: "edge" }));
  const deleteOptions = { gracePeriodSeconds: 7 };
  const metadata = { name: "web" };
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata, deleteOptions };
  const path = `${CORE}/pods/web/eviction`;
  const before = api.store.resourceVersion;
  const dry = { ...body, deleteOptions: { dryRun: ["All"] } };
  expect((await api.send("POST", path, { body: dry })).status).toBe(201);
  expect(api.store.resourceVersion).toBe(before);
  expect((await api.send("POST", path, { body })).status).toBe(201);
  const evicted = await bodyOf(api.send("GET", `${CORE}/pods/web`));
  expect(evicted.metadata?.deletionTimestamp).toBe("2030-01-01T00:00:07Z");
});

test("a pod gets what admission adds and a status of the server's", async () => {
  using api = await startTestApi();
  const created = await post<Pod>(api, `${CORE}/pods`, {
    ...pod("web"),
    status: { phase: "Running" },
  });
  expect(created.status).toEqual({ phase: "Pending", qosClass: "BestEffort" });
  expect(created.spec).toMatchObject({ serviceAccountName: "default", priority: 0 });
  expect(created.spec?.tolerations).toHaveLength(2);
});
