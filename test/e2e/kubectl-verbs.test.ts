/** The verbs of every kubectl that make, question and change objects of many kinds. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eachKubectl } from "#test/kit/each-kubectl.ts";
import { output } from "#test/kit/process.ts";

const VERB_MS = 60_000;

await eachKubectl(({ kubectl }) => {
  test(
    "create makes roles, bindings, quotas, classes and rules of traffic",
    async () => {
      const k = kubectl();
      const own = (kind: string): string => `${kind}-${k.name}`;
      await k.ok(`create clusterrole ${own("nodes")} --verb=get,list --resource=nodes,pods/log`);
      await k.ok(`create clusterrole ${own("urls")} --verb=get --non-resource-url=/logs/*`);
      await k.ok(`create clusterrole ${own("sum")} --aggregation-rule=sum=${k.name}`);
      await k.ok(
        `create clusterrolebinding ${own("nodes")} --clusterrole=${own("nodes")} --user=u`,
      );
      expect(await k.ok(`describe clusterrole ${own("nodes")}`)).toMatch(
        /nodes +\[\] +\[\] +\[get list\]/,
      );
      expect(await k.ok(`describe clusterrole ${own("urls")}`)).toMatch(/\[\/logs\/\*\]/);
      expect(await k.ok(`get clusterrolebinding ${own("nodes")} -o wide`)).toMatch(
        /ClusterRole\/nodes-\S+ +\d+s +u /,
      );
      await k.ok(`create priorityclass ${own("high")} --value=10 --description=high`);
      expect(await k.ok(`get priorityclass ${own("high")}`)).toMatch(/ 10 +false +\d+s/);
      await k.ok("create quota few --hard=secrets=9,services.nodeports=1k,requests.cpu=0.5");
      expect(JSON.parse(await k.read("quota/few", ".spec.hard"))).toEqual({
        "requests.cpu": "500m",
        secrets: "9",
        "services.nodeports": "1k",
      });
      await k.ok("delete quota few");
      const rule = "--rule=foo.test/bar*=web:80,tls=cert";
      await k.ok(`create ingress way ${rule} --default-backend=rest:80 --annotation=a=b`);
      expect(await k.ok("get ingress way")).toMatch(/way +<none> +foo\.test +80, 443 +\d+s/);
      expect(await k.refused("create ingress bad --rule=foo.test/=web:80000")).toContain(
        "spec.rules[0].http.paths[0].backend.service.port.number: Invalid value: 80000",
      );
      if (k.minor >= 21) {
        await k.ok("create poddisruptionbudget one --selector=app=web --min-available=1");
        expect(await k.ok("get pdb one")).toMatch(/one +1 +N\/A +0 /);
        await k.ok("create cronjob yearly --image=busybox:1.36 --schedule=@yearly -- true");
        await k.ok("create job once --from=cronjob/yearly");
        expect(await k.read("job/once", ".metadata.ownerReferences[0].kind")).toBe("CronJob");
        await k.ok("delete job/once cronjob/yearly pdb/one --wait=false");
      }
      await k.ok(`delete clusterrole ${own("nodes")} ${own("urls")} ${own("sum")}`);
      await k.ok(`delete clusterrolebinding/${own("nodes")} priorityclass/${own("high")}`);
    },
    VERB_MS,
  );

  test(
    "autoscale, set, and patch of a subresource change what they name",
    async () => {
      const k = kubectl();
      await k.ok("create deployment tuned --image=busybox:1.36 --replicas=0 -- sleep 9");
      await k.ok("autoscale deployment tuned --min=1 --max=3 --cpu-percent=50");
      expect(await k.ok("get hpa tuned")).toMatch(/Deployment\/tuned .*<unknown>\/50% +1 +3 +0 /);
      await k.ok("create serviceaccount other");
      await k.ok("set serviceaccount deployment/tuned other");
      const account = ".spec.template.spec.serviceAccountName";
      expect(await k.read("deployment/tuned", account)).toBe("other");
      await k.ok("create service clusterip chosen --tcp=80");
      await k.ok("set selector service chosen app=tuned");
      expect(await k.read("service/chosen", ".spec.selector.app")).toBe("tuned");
      await k.ok("create rolebinding chosen --clusterrole=view --user=a");
      await k.ok(`set subject rolebinding chosen --user=b --serviceaccount=${k.name}:other`);
      expect(await k.ok("get rolebinding chosen -o wide")).toMatch(/ a, b +\S+\/other/);
      await k.ok("label deployment --all tier=edge");
      expect(await k.refused("annotate deployment tuned note=x --resource-version=1")).toContain(
        "the object has been modified",
      );
      const replicas = '{"spec":{"replicas":0}}';
      if (k.minor >= 24) {
        const scale = ["patch", "deployment/tuned", "--subresource=scale", "--type=merge"];
        expect(await k.ok([...scale, "-p", replicas])).toContain("tuned patched (no change)");
      }
      const unmet = '[{"op":"test","path":"/spec/replicas","value":9}]';
      expect(await k.refused(["patch", "deploy/tuned", "--type=json", "-p", unmet])).toContain(
        "The request is invalid",
      );
      await k.ok("delete deployment/tuned hpa/tuned service/chosen rolebinding/chosen");
    },
    VERB_MS,
  );

  test(
    "a request that was denied stays so",
    async () => {
      const k = kubectl();
      const csr = join(k.folder, "csr");
      const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
      const files = ["-keyout", join(k.folder, "key"), "-out", csr];
      await output(["openssl", "req", "-new", ...key, ...files, "-subj", "/CN=anna"]);
      const name = `anna-${k.name}`;
      const request = {
        apiVersion: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: { name },
        spec: {
          request: readFileSync(csr).toString("base64"),
          signerName: "kubernetes.io/kube-apiserver-client",
          usages: ["client auth"],
        },
      };
      await k.ok(["create", "-f", k.file(JSON.stringify(request))]);
      await k.ok(`certificate deny ${name}`);
      expect(await k.ok(`get csr ${name}`)).toMatch(/edgesite-admin .*Denied\n/);
      await k.run(`certificate approve ${name}`);
      expect(await k.read(`csr/${name}`, ".status.conditions[*].type")).toBe("Denied");
      await k.ok(`delete csr ${name}`);
    },
    VERB_MS,
  );

  test(
    "cluster-info tells of the whole cluster, and raw requests go as they are",
    async () => {
      const k = kubectl();
      expect(await k.ok("cluster-info")).toMatch(/control plane.* is running at .*https:\/\//);
      const dump = await k.ok(`cluster-info dump --namespaces ${k.name}`);
      expect(dump).toMatch(/"kind": "NodeList"[\s\S]*"kind": "EventList"/);
      const own = `/api/v1/namespaces/${k.name}/configmaps`;
      const raw = k.file('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"raw"}}');
      expect(JSON.parse(await k.ok(["create", "--raw", own, "-f", raw])).metadata.name).toBe("raw");
      expect(await k.refused(["create", "--raw", "/api/v1/namespaces", "-f", raw])).toContain(
        'ConfigMap in version "v1" cannot be handled as a Namespace',
      );
      await k.ok(["replace", "--raw", `${own}/raw`, "-f", raw]);
      expect(JSON.parse(await k.ok(`delete --raw ${own}/raw`)).status).toBe("Success");
      expect(await k.refused("get --raw /nope")).toContain(
        "the server could not find the requested resource",
      );
    },
    VERB_MS,
  );

  test(
    "wait sees what is made and what becomes of it",
    async () => {
      const k = kubectl();
      expect(await k.refused("wait --for=condition=Ready pod/none --timeout=1s")).toContain(
        '"none" not found',
      );
      await k.ok("create configmap ready --from-literal=state=no");
      if (k.minor >= 31) {
        await using waits = k.start("wait --for=create configmap/later --timeout=30s");
        await k.ok("create configmap later");
        expect(await waits.exited).toBe(0);
      }
      if (k.minor < 27) return; // it waits for conditions and ends only
      const condition = "--for=jsonpath={.data.state}=yes";
      expect(await k.refused(`wait ${condition} configmap/ready --timeout=1s`)).toContain(
        "timed out waiting for the condition on configmaps/ready",
      );
      await using waits = k.start(`wait ${condition} configmap/ready --timeout=30s`);
      await k.ok(["patch", "cm/ready", "-p", '{"data":{"state":"yes"}}']);
      expect(await waits.exited).toBe(0);
    },
    VERB_MS,
  );
});
