import { describe, expect, test } from "bun:test";
import { changed } from "#test/kit/validate.ts";
import type { Pod, PodSpec } from "../object.ts";
import { PODS } from "../resources/core-pods.ts";

describe("a pod that changes", () => {
  const pod = (spec: Partial<PodSpec>): Pod => ({
    metadata: { name: "p" },
    spec: { containers: [{ name: "c", image: "busybox" }], ...spec },
  });
  const stored = pod({ tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute" }] });

  test.each<[string, Partial<PodSpec>, string[]]>([
    ["nothing", {}, []],
    [
      "the image",
      { containers: [{ name: "c", image: "busybox:2", imagePullPolicy: "Always" }] },
      [],
    ],
    [
      "a toleration's time",
      {
        tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 }],
      },
      [],
    ],
    [
      "no toleration",
      { tolerations: [] },
      [
        "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
      ],
    ],
    [
      "a container more",
      {
        containers: [
          { name: "c", image: "busybox" },
          { name: "d", image: "i" },
        ],
      },
      ["spec.containers: Forbidden: pod updates may not add or remove containers"],
    ],
    [
      "an image with space, which is told of twice",
      { containers: [{ name: "c", image: " i", imagePullPolicy: "Always" }] },
      [
        'spec.containers[0].image: Invalid value: " i": must not have leading or trailing whitespace',
        'spec.containers[0].image: Invalid value: " i": must not have leading or trailing whitespace',
      ],
    ],
    ["a deadline", { activeDeadlineSeconds: 5 }, []],
    [
      "the class",
      { containers: [{ name: "c", image: "busybox", resources: { requests: { cpu: "1" } } }] },
      [
        'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n@@ -13,7 +13,9 @@\n    "Env": null,\n    "Resources": {\n     "Limits": null,\n-    "Requests": null,\n+    "Requests": {\n+     "cpu": "1"\n+    },\n     "Claims": null\n    },\n    "ResizePolicy": null,\n',
      ],
    ],
  ])("may change: %s", (_, change, expected) => {
    const next = pod({ ...stored.spec, ...change });
    expect(changed(PODS, stored, next)).toEqual(expected);
  });

  test("keeps its hostname", () => {
    const [error] = changed(PODS, stored, pod({ ...stored.spec, hostname: "h" }));
    expect(error).toStartWith("spec: Forbidden: pod updates may not change fields other than");
    expect(error).toContain('\n- "Hostname": "",\n+ "Hostname": "h",\n  "Subdomain": "",\n');
  });
});
