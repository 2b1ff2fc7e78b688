/** What every kubectl does with objects: write, read, describe, change, watch and delete them. */
import { expect, test } from "bun:test";
import { eachKubectl } from "#test/kit/each-kubectl.ts";

const VERB_MS = 60_000;

/** Fields that refer to a type: their own text, and then the type's, each once. */
const EXPLAINED: Readonly<Record<string, string>> = {
  "pod.spec":
    "Specification of the desired behavior of the pod. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#spec-and-status PodSpec is a description of a pod.",
  "pod.spec.securityContext":
    "SecurityContext holds pod-level security attributes and common container settings. Optional: Defaults to empty. See type description for default values of each field. PodSecurityContext holds pod-level security attributes and common container settings. Some fields are also present in container.securityContext. Field values of container.securityContext take precedence over field values of PodSecurityContext.",
  "deployment.spec.template":
    'Template describes the pods that will be created. The only allowed template.spec.restartPolicy value is "Always". PodTemplateSpec describes the data a pod should have when created from a template',
  "service.spec.sessionAffinityConfig":
    "sessionAffinityConfig contains the configurations of session affinity. SessionAffinityConfig represents the configurations of session affinity.",
  "job.spec.podFailurePolicy":
    "Specifies the policy of handling failed pods. In particular, it allows to specify the set of actions and conditions which need to be satisfied to take the associated action. If empty, the default behaviour applies - the counter of failed pods, represented by the jobs's .status.failed field, is incremented and it is checked against the backoffLimit. This field cannot be used in combination with restartPolicy=OnFailure. PodFailurePolicy describes how failed pods influence the backoffLimit.",
};

const map = (name: string, color: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {color: ${color}}\n`;

const pod = (name: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels: {app: ${name}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: busybox:1.36
      command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.1; done"]
`;

await eachKubectl(
  ({ kubectl }) => {
    test(
      "apply creates, changes nothing, changes, and diff shows what would",
      async () => {
        const k = kubectl();
        const red = k.file(map("settings", "red"));
        const blue = k.file(map("settings", "blue"));
        expect(await k.ok(["apply", "-f", red])).toBe("configmap/settings created\n");
        expect(await k.ok(["apply", "-f", red])).toBe("configmap/settings unchanged\n");
        const diff = await k.run(["diff", "-f", blue]);
        expect([diff.exitCode, diff.stdout]).toEqual([
          1,
          expect.stringContaining("+  color: blue"),
        ]);
        expect(await k.ok(["apply", "-f", blue])).toBe("configmap/settings configured\n");
        expect((await k.run(["diff", "-f", blue])).exitCode).toBe(0);
        expect(await k.read("configmap/settings", ".data.color")).toBe("blue");
        expect(await k.ok("apply view-last-applied cm/settings")).toContain("color: blue");
      },
      VERB_MS,
    );

    test(
      "create makes what its generators describe",
      async () => {
        const k = kubectl();
        await k.ok("create configmap made --from-literal=a=1");
        await k.ok("create secret generic hush --from-literal=password=pw");
        expect(await k.read("secret/hush", ".data.password")).toBe("cHc=");
        await k.ok(
          "create secret docker-registry reg --docker-server=r.test --docker-username=u --docker-password=p",
        );
        expect(await k.read("secret/reg", ".type")).toBe("kubernetes.io/dockerconfigjson");
        await k.ok("create serviceaccount robot");
        await k.ok("create service clusterip plain --tcp=80:8080");
        await k.ok("create service clusterip headless --clusterip=None");
        await k.ok("create service nodeport node --tcp=80:8080");
        await k.ok("create service loadbalancer balanced --tcp=80");
        await k.ok("create service externalname alias --external-name=example.com");
        const services = await k.ok("get services --no-headers -l app!=none");
        expect(services).toMatch(/plain +ClusterIP +10\.\d+\.\d+\.\d+ +<none> +80\/TCP/);
        expect(services).toMatch(/headless +ClusterIP +None +<none> +<none>/);
        expect(services).toMatch(/node +NodePort +10\.\d+\.\d+\.\d+ +<none> +80:3\d{4}\/TCP/);
        expect(services).toMatch(/balanced +LoadBalancer +10\.\d+\.\d+\.\d+ +<pending> +80:3/);
        expect(services).toMatch(/alias +ExternalName +<none> +example\.com +<none>/);
        await k.ok("create deployment made --image=busybox:1.36");
        expect(await k.refused("create configmap made")).toContain(
          'configmaps "made" already exists',
        );
        await k.ok("create namespace dry --dry-run=client -o yaml");
        await k.ok("delete deployment/made --wait=false");
      },
      VERB_MS,
    );

    test(
      "get prints tables and objects, and filters",
      async () => {
        const k = kubectl();
        expect(await k.ok("get pod shell")).toMatch(
          /^NAME +READY +STATUS +RESTARTS +AGE\nshell +1\/1 +Running +0 +\d+s\n$/,
        );
        expect(await k.ok("get pods -o wide -l app=shell")).toMatch(
          / IP +NODE +NOMINATED NODE +READINESS GATES\nshell .* 10\.42\.\d+\.\d+ /,
        );
        expect(await k.ok("get pods -l app=shell -o name")).toBe("pod/shell\n");
        expect(await k.ok(["get", "pods", "-l", "app notin (shell)", "-o", "name"])).not.toContain(
          "shell",
        );
        const running = "get pods --field-selector=status.phase=Running -o name";
        expect(await k.ok(running)).toContain("pod/shell");
        expect(await k.ok("get pods --field-selector=metadata.name!=shell -o name")).not.toContain(
          "pod/shell",
        );
        expect(JSON.parse(await k.ok("get pods -o json")).kind).toBe("List");
        expect(await k.ok("get pod/shell -o yaml")).toContain("kind: Pod\n");
        const columns = "-o custom-columns=N:.metadata.name,P:.status.phase";
        expect(await k.ok(`get pod/shell ${columns}`)).toMatch(/^N +P\nshell +Running\n$/);
        expect(await k.ok("get pod/shell -L app --show-labels")).toMatch(
          /AGE +APP +LABELS\nshell .* shell +app=shell\n/,
        );
        expect(await k.ok("get configmaps --sort-by=.metadata.name -o name")).toContain("one");
        expect((await k.ok("get configmaps --chunk-size=1 -o name")).split("\n")).toContain(
          "configmap/two",
        );
        expect(await k.ok("get all -o name")).toContain("pod/shell");
        expect(await k.refused("get pod nope")).toContain('pods "nope" not found');
        expect(await k.refused("get pods --field-selector=color=red")).toContain(
          "field label not supported: color",
        );
        expect(await k.refused(["get", "pods", "-l", "a in (b"])).toContain(
          "unable to parse requirement: found '', expected: ',' or ')'",
        );
        const raw = await k.ok(`get --raw /api/v1/namespaces/${k.name}/configmaps/one`);
        expect(JSON.parse(raw)).toMatchObject({ kind: "ConfigMap", data: { color: "red" } });
        if (k.minor >= 27) {
          await k.ok("create deployment scaled --image=busybox:1.36 --replicas=0");
          expect(await k.ok("get deployment scaled --subresource=scale")).toMatch(
            /^NAME +DESIRED +AVAILABLE +AGE\nscaled +0 +0 +\d+s\n$/,
          );
        }
      },
      VERB_MS,
    );

    test(
      "get -w shows every change as a row",
      async () => {
        const k = kubectl();
        await using table = k.start("get configmaps -w -l watched=yes");
        await using events = k.start("get configmaps -w --output-watch-events");
        await events.wrote("one");
        await k.ok("apply -f -", {
          stdin: map("seen", "red").replace(
            "{name: seen}",
            "{name: seen, labels: {watched: 'yes'}}",
          ),
        });
        await table.wrote("seen");
        expect(table.output).toMatch(/^NAME +DATA +AGE\nseen +1 +\d+s\n/);
        await k.ok("delete configmap seen");
        await events.wrote("DELETED");
        expect(events.output).toMatch(
          /^EVENT +NAME [\s\S]*\nADDED +seen +1 [\s\S]*\nDELETED +seen +1 /,
        );
      },
      VERB_MS,
    );

    test(
      "describe shows an object with its events",
      async () => {
        const k = kubectl();
        const described = await k.ok("describe pod shell");
        expect(described).toMatch(/Node: +\S+\/10\.42\.0\.1\n/);
        expect(described).toMatch(/Normal +Started +\d+s +kubelet +(spec\S+: )?Container started/);
        expect(await k.ok("describe nodes")).toMatch(
          /HolderIdentity: +\S+\n[\s\S]* +Ready +True .*EdgeReady/,
        );
        expect(await k.ok(["describe", "namespace", k.name])).toContain("Active");
        expect(await k.ok("describe configmap one")).toContain("color:\n----\nred");
        await k.ok("create serviceaccount keeper");
        expect(await k.ok("describe serviceaccount keeper")).toMatch(/^Name: +keeper\n/);
        expect(await k.ok("-n default describe service kubernetes")).toMatch(
          /Endpoints: +10\.42\.0\.1:6443\n/,
        );
        expect(await k.ok("-n default describe endpoints kubernetes")).toContain("10.42.0.1");
        expect(await k.ok("-n kube-node-lease describe leases")).toMatch(/Renew Time: +20/);
        expect(await k.ok("describe events")).toContain("Successfully assigned");
        expect(await k.ok("get events")).toContain("Scheduled");
        if (k.minor < 27) return; // it knows EndpointSlices of v1beta1 only, and no such verb
        expect(await k.ok("-n default describe endpointslices")).toContain("10.42.0.1");
        expect(await k.ok("events --for pod/shell")).toContain("Scheduled");
      },
      VERB_MS,
    );

    test(
      "label, annotate, patch, edit and replace change an object",
      async () => {
        const k = kubectl();
        await k.ok("create configmap changed --from-literal=a=1");
        await k.ok("label configmap/changed tier=edge");
        await k.ok("annotate configmap/changed note=mine");
        expect(await k.read("configmap/changed", ".metadata.labels.tier")).toBe("edge");
        expect(await k.read("configmap/changed", ".metadata.annotations.note")).toBe("mine");
        expect(await k.refused("label configmap/changed tier=core")).toContain("--overwrite");
        await k.ok("label configmap/changed tier-");
        await k.ok(["patch", "cm/changed", "--type=merge", "-p", '{"data":{"b":"2"}}']);
        await k.ok(["patch", "cm/changed", "-p", '{"data":{"c":"3"}}']);
        const remove = '[{"op":"remove","path":"/data/a"}]';
        await k.ok(["patch", "cm/changed", "--type=json", "-p", remove]);
        expect(JSON.parse(await k.read("configmap/changed", ".data"))).toEqual({ b: "2", c: "3" });
        const editor = k.file('#!/bin/sh\nsed -i "s/b: .2./b: edited/" "$1"\n', 0o755);
        const edit = await k.run("edit configmap/changed", { env: { EDITOR: `sh ${editor}` } });
        expect(edit.stdout).toContain("edited");
        expect(await k.read("configmap/changed", ".data.b")).toBe("edited");
        const red = k.file(map("changed", "red"));
        expect(await k.ok(["replace", "-f", red])).toBe("configmap/changed replaced\n");
        const uid = await k.read("configmap/changed", ".metadata.uid");
        await k.ok(["replace", "--force", "-f", red]);
        expect(await k.read("configmap/changed", ".metadata.uid")).not.toBe(uid);
        expect(await k.refused(["replace", "-f", k.file(map("nobody", "red"))])).toContain(
          'configmaps "nobody" not found',
        );
      },
      VERB_MS,
    );

    test(
      "a strategic patch merges lists by their keys",
      async () => {
        const k = kubectl();
        await k.ok("create deployment merged --image=busybox:1.36 --replicas=0 -- sleep 9");
        const template = (containers: unknown) =>
          JSON.stringify({ spec: { template: { spec: { containers } } } });
        const env = [{ name: "A", value: "1" }];
        await k.ok(["patch", "deploy/merged", "-p", template([{ name: "busybox", env }])]);
        const more = template([{ name: "second", image: "busybox:1.36" }]);
        await k.ok(["patch", "deploy/merged", "-p", more]);
        const containers = JSON.parse(
          await k.read("deployment/merged", ".spec.template.spec.containers"),
        );
        expect(containers).toMatchObject([{ name: "second" }, { name: "busybox", env }]);
      },
      VERB_MS,
    );

    test(
      "api-resources, explain, dry-run and validation read the API's own description",
      async () => {
        const k = kubectl();
        expect(await k.ok("api-resources")).toMatch(
          /deployments +deploy +apps\/v1 +true +Deployment/,
        );
        expect(await k.ok("api-versions")).toContain("discovery.k8s.io/v1\n");
        expect(await k.ok("explain pod.spec.containers.image")).toMatch(/Container image name/i);
        expect(await k.ok("explain deployment --recursive")).toContain("progressDeadlineSeconds");
        expect(await k.refused("explain pod.spec.nonsense")).toContain('field "nonsense"');
        const dry = "create configmap dry --from-literal=a=1 --dry-run=server -o name";
        expect(await k.ok(dry)).toBe("configmap/dry\n");
        expect(await k.refused("get configmap dry")).toContain("not found");
        const unknown = k.file(`${map("bad", "red")}spec: {a: 1}\n`);
        expect(await k.refused(["apply", "-f", unknown])).toMatch(
          /unknown field "?(io.k8s.api.core.v1.ConfigMap)?.*spec/,
        );
        expect(await k.refused("get configmap bad")).toContain("not found");
      },
      VERB_MS,
    );

    test.each(Object.entries(EXPLAINED))(
      "explain %s",
      async (path, description) => {
        const text = (await kubectl().ok(`explain ${path}`)).replaceAll(/\s+/g, " ");
        expect(text).toContain(` DESCRIPTION: ${description} FIELDS: `);
      },
      VERB_MS,
    );

    test(
      "delete waits until an object is gone",
      async () => {
        const k = kubectl();
        await k.ok(["apply", "-f", k.file(pod("doomed"))]);
        await k.ok("wait --for=condition=Ready pod/doomed --timeout=30s");
        await using waits = k.start("wait --for=delete pod/doomed --timeout=30s -v=6");
        await waits.wrote("watch=true"); // or the pod would be gone before it is looked at
        await k.ok("delete pod doomed --wait");
        expect(await waits.exited).toBe(0);
        expect(await k.refused("get pod doomed")).toContain('pods "doomed" not found');
        expect(await k.refused("delete pod doomed")).toContain('pods "doomed" not found');
        await k.ok("delete pod doomed --ignore-not-found");
      },
      VERB_MS,
    );

    test(
      "delete takes many by label, at once, and by force",
      async () => {
        const k = kubectl();
        for (const name of ["a", "b"]) {
          await k.ok(`create configmap bulk-${name}`);
          await k.ok(`label configmap bulk-${name} bulk=yes`);
        }
        const deleted = await k.ok("delete configmap -l bulk=yes");
        expect(deleted.match(/configmap "bulk-[ab]"/g)).toHaveLength(2);
        await k.ok("run forced --image=busybox:1.36 -- sleep 1000");
        await k.ok("wait --for=condition=Ready pod/forced --timeout=30s");
        expect(await k.ok("delete pod forced --force --grace-period=0")).toContain("force deleted");
        expect(await k.refused("get pod forced")).toContain("not found");
        await k.ok("create namespace brief");
        await k.ok("-n brief create configmap inside");
        await k.ok("delete namespace brief");
        expect(await k.refused("get namespace brief")).toContain('namespaces "brief" not found');
      },
      VERB_MS,
    );
  },
  {
    prepare: async (k) => {
      await k.ok(["apply", "-f", k.file(`${map("one", "red")}---\n${map("two", "red")}`)]);
      await k.ok(["apply", "-f", k.file(pod("shell"))]);
      await k.ok("wait --for=condition=Ready pod/shell --timeout=30s");
    },
  },
);
