/** How every kubectl runs workloads: Deployments through their life, Jobs, the node they run on. */
import { expect, test } from "bun:test";
import { eachKubectl } from "#test/kit/each-kubectl.ts";
import { eventually } from "#test/kit/eventually.ts";
import type { KubectlSpace } from "#test/kit/kubectl-space.ts";

const VERB_MS = 60_000;
const IMAGE = ".spec.template.spec.containers[0].image";

const create = (k: KubectlSpace, name: string): Promise<string> =>
  k.ok(`create deployment ${name} --image=busybox:1.36 -- httpd -f -p 8080`);
const rolledOut = (k: KubectlSpace, name: string): Promise<string> =>
  k.ok(`rollout status deployment/${name} --timeout=30s`);

await eachKubectl(({ kubectl }) => {
  test(
    "a Deployment is created, exposed, scaled, and described with all that belongs to it",
    async () => {
      const k = kubectl();
      await create(k, "web");
      expect(await rolledOut(k, "web")).toContain("successfully rolled out");
      await k.ok("wait --for=condition=Available deployment/web --timeout=30s");
      await k.ok("expose deployment web --port=80 --target-port=8080");
      expect(await k.ok("get service web")).toMatch(
        /web +ClusterIP +10\.\d+\.\d+\.\d+ +<none> +80\/TCP/,
      );
      expect(await k.ok("scale deployment/web --replicas=2")).toContain("scaled");
      expect(await k.refused("scale deployment/web --replicas=3 --current-replicas=9")).toContain(
        "xpected replicas to be 9, was 2",
      );
      await rolledOut(k, "web");
      expect(await k.ok("get deployment web")).toMatch(/web +2\/2 +2 +2 /);
      expect(await k.ok("describe deployment web")).toMatch(/NewReplicaSet: +web-\w+ \(2\/2/);
      expect(await k.ok("describe replicaset -l app=web")).toMatch(
        /Controlled By: +Deployment\/web/,
      );
      expect(await k.ok("describe service web")).toMatch(
        /Endpoints: +10\.42\.\d+\.\d+:8080,10\.42/,
      );
      expect(await k.ok("describe endpoints web")).toMatch(/Addresses: +10\.42\.\d+\.\d+,10\.42/);
      if (k.minor >= 27) {
        expect(await k.ok("describe endpointslice")).toMatch(/TargetRef: +Pod\/web-/);
        const replicas = "--for=jsonpath={.status.readyReplicas}=2";
        await k.ok(["wait", replicas, "deployment/web", "--timeout=10s"]);
      }
      await k.ok("delete deployment/web service/web");
    },
    VERB_MS,
  );

  test(
    "a Deployment is rolled out, undone, restarted, paused and changed piece by piece",
    async () => {
      const k = kubectl();
      await create(k, "rolled");
      await rolledOut(k, "rolled");
      await k.ok("set image deployment/rolled busybox=busybox:1.36-two");
      await rolledOut(k, "rolled");
      expect(await k.read("deployment/rolled", IMAGE)).toBe("busybox:1.36-two");
      expect(await k.ok("rollout history deployment/rolled")).toMatch(/1 .*\n2 /);
      expect(await k.ok("rollout history deployment/rolled --revision=1")).toMatch(
        /Image:\s+busybox:1\.36\n/,
      );
      await k.ok("rollout undo deployment/rolled");
      expect(await k.read("deployment/rolled", IMAGE)).toBe("busybox:1.36");
      await rolledOut(k, "rolled");
      await k.ok("rollout undo deployment/rolled --to-revision=2");
      expect(await k.read("deployment/rolled", IMAGE)).toBe("busybox:1.36-two");
      await k.ok("rollout pause deployment/rolled");
      await k.ok("set env deployment/rolled COLOR=red");
      await k.ok("set resources deployment/rolled --limits=memory=64Mi");
      await k.ok("rollout resume deployment/rolled");
      await k.ok("rollout restart deployment/rolled");
      await rolledOut(k, "rolled");
      const containers = ".items[*].spec.containers[0]['env','resources']";
      const running = "-l app=rolled --field-selector=status.phase=Running";
      // Pods of the revision before are among them until they have ended.
      await eventually(async () => {
        const found = await k.ok(`get pods ${running} -o jsonpath={${containers}}`);
        return found.includes('"value":"red"') && found.includes('"memory":"64Mi"');
      });
      await k.ok("delete deployment rolled");
    },
    VERB_MS,
  );

  test(
    "run makes pods, create job makes Jobs that complete",
    async () => {
      const k = kubectl();
      await k.ok("run once --image=busybox:1.36 --restart=Never -- true");
      await k.ok("create job counted --image=busybox:1.36 -- true");
      await k.ok("wait --for=condition=complete job/counted --timeout=30s");
      expect(await k.ok("get job counted")).toMatch(/ 1\/1 /);
      expect(await k.ok("describe job counted")).toMatch(/1 Succeeded/);
      await eventually(async () => (await k.read("pod/once", ".status.phase")) === "Succeeded");
      expect(await k.ok("get pod once")).toMatch(/once +0\/1 +Completed +0 /);
      expect(await k.refused("exec once -- true")).toContain("completed pod");
      await k.ok("run served --image=busybox:1.36 --port=8080 --expose -- httpd -f -p 8080");
      expect(await k.ok("get service served")).toMatch(/8080\/TCP/);
      await k.ok("delete pod/once pod/served service/served job/counted --wait=false");
    },
    VERB_MS,
  );

  test(
    "debug runs a changed copy of a pod, and a pod on the node",
    async () => {
      const k = kubectl();
      await k.ok("run looked --image=busybox:1.36 --command -- sleep 1000");
      await k.ok("debug looked --image=busybox:1.36 --copy-to=copied -c look -- sleep 1000");
      await k.ok("wait --for=condition=Ready pod/copied --timeout=30s");
      expect(await k.read("pod/copied", ".spec.containers[*].name")).toBe("looked look");
      const node = await k.ok("get nodes -o jsonpath={.items[0].metadata.name}");
      await k.ok(`debug node/${node} --image=busybox:1.36 -- true`);
      expect(await k.ok("get pods -o name")).toContain(`pod/node-debugger-${node}-`);
      await k.ok("delete pods --all --force --grace-period=0");
    },
    VERB_MS,
  );

  test(
    "cordon, taint and drain keep pods from the node",
    async () => {
      const k = kubectl();
      const node = await k.ok("get nodes -o jsonpath={.items[0].metadata.name}");
      await create(k, "moved");
      await rolledOut(k, "moved");
      try {
        await k.ok(`drain ${node} --pod-selector=app=moved --grace-period=1 --timeout=30s`);
        expect(await k.ok("get nodes")).toContain("Ready,SchedulingDisabled");
        await eventually(async () => (await k.ok("get events")).includes("FailedScheduling"));
        expect(await k.ok("get pods -l app=moved")).toMatch(/moved-\S+ +0\/1 +Pending +0 /);
        expect(await k.ok("describe pod -l app=moved")).toMatch(
          /0\/1 nodes are available: 1 node\(s\) (were unschedulable|had untolerated taint)/,
        );
        await k.ok(`taint nodes ${node} kind=test:NoSchedule`);
        await k.ok(`uncordon ${node}`);
        expect(await k.ok(`describe node ${node}`)).toContain("kind=test:NoSchedule");
        await k.ok(`taint nodes ${node} kind-`);
        await rolledOut(k, "moved");
      } finally {
        await k.run(`taint nodes ${node} kind-`);
        await k.run(`uncordon ${node}`);
      }
      await k.ok("delete deployment moved");
    },
    VERB_MS,
  );
});
