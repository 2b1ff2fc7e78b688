import { describe, expect, test } from "bun:test";
import { changed, created, said } from "#test/kit/validate.ts";
import { adoptAppArmor } from "../defaults/app-armor.ts";
import type { Pod, PodSpec } from "../object.ts";
import { PODS } from "../resources/core-pods.ts";
import { POD_TEMPLATES } from "../resources/core-workloads.ts";

const APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/c";
const SECCOMP = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_OF_C = "container.seccomp.security.alpha.kubernetes.io/c";
const MIRROR = "kubernetes.io/config.mirror";
const COST = "controller.kubernetes.io/pod-deletion-cost";
const TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations";

type Annotations = Record<string, string>;

const pod = (annotations: Annotations, spec: Partial<PodSpec> = {}): Pod => ({
  metadata: { name: "p", annotations },
  spec: { containers: [{ name: "c", image: "i" }], ...spec },
});

describe("an annotation of a pod", () => {
  const at = "metadata.annotations";

  test.each<[Annotations, string[]]>([
    [{ other: "x" }, []],
    [
      { [MIRROR]: "x" },
      [
        `${at}[${MIRROR}]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set`,
      ],
    ],
    [{ [COST]: "-01" }, []],
    [{ [COST]: "01" }, [`${at}[${COST}]: Invalid value: "01": must be a 32bit integer`]],
    [{ [COST]: "" }, [`${at}[${COST}]: Invalid value: "": must be a 32bit integer`]],
    [
      { [COST]: "2147483648" },
      [`${at}[${COST}]: Invalid value: "2147483648": must be a 32bit integer`],
    ],
    [{ [TOLERATIONS]: '[{"key":"a","operator":"Exists"}]' }, []],
    [
      { [TOLERATIONS]: '[{"key":"a","operator":"No"}]' },
      [
        `${at}.${TOLERATIONS}[0].operator: Unsupported value: "No": supported values: "Equal", "Exists"`,
      ],
    ],
    [
      { [TOLERATIONS]: "x" },
      [
        `${at}: Invalid value: "${TOLERATIONS}": invalid character 'x' looking for beginning of value`,
      ],
    ],
    [
      { [TOLERATIONS]: "{}" },
      [
        `${at}: Invalid value: "${TOLERATIONS}": json: cannot unmarshal object into Go value of type []core.Toleration`,
      ],
    ],
    [{ [SECCOMP]: "docker/default", [SECCOMP_OF_C]: "localhost/a/b" }, []],
    [
      { [SECCOMP]: "x", [SECCOMP_OF_C]: "localhost/../b" },
      [
        `${at}.${SECCOMP}: Invalid value: "x": must be a valid seccomp profile`,
        `${at}.${SECCOMP_OF_C}: Invalid value: "../b": must not contain '..'`,
      ],
    ],
    [{ [APP_ARMOR]: "localhost/a" }, []],
    [
      { [`${APP_ARMOR}2`]: "a" },
      [
        `${at}[${APP_ARMOR}2]: Invalid value: "c2": container not found`,
        `${at}[${APP_ARMOR}2]: Invalid value: "a": invalid AppArmor profile name: "a"`,
      ],
    ],
  ])("%j", (annotations, errors) => {
    expect(created(PODS, pod(annotations))).toEqual(errors);
  });

  test("is looked at in templates too", () => {
    const { metadata, spec } = pod({ [COST]: "x" });
    expect(
      created(POD_TEMPLATES, { metadata: { name: "t" }, template: { metadata, spec } } as object),
    ).toEqual([`template.annotations[${COST}]: Invalid value: "x": must be a 32bit integer`]);
  });

  test("may not come, go or change later where nodes go by it", () => {
    const spec = { nodeName: "n" };
    const plain = pod({}, spec);
    const marked = pod({ [MIRROR]: "x", [APP_ARMOR]: "unconfined", other: "x" }, spec);
    const told = (what: string) => [
      `${at}[${MIRROR}]: Forbidden: may not ${what} mirror pod annotation`,
      `${at}[${APP_ARMOR}]: Forbidden: may not ${what} AppArmor annotations`,
    ];
    expect(changed(PODS, marked, marked)).toEqual([]);
    expect(changed(PODS, plain, marked)).toEqual(told("add"));
    expect(changed(PODS, marked, plain)).toEqual(told("remove or update"));
    expect(said(PODS, marked, plain)).toEqual(told("remove or update"));
  });

  test("that is wrong is told of twice in a change", () => {
    const error = `${at}[${COST}]: Invalid value: "x": must be a 32bit integer`;
    expect(changed(PODS, pod({}), pod({ [COST]: "x" }))).toEqual([error, error]);
  });
});

describe("a profile", () => {
  const seccomp = (type: string, localhostProfile?: string) => ({
    seccompProfile: { type, ...(localhostProfile !== undefined && { localhostProfile }) },
  });
  const path = "spec.securityContext.seccompProfile";

  test.each<[string, object, string[]]>([
    ["unconfined", seccomp("Unconfined"), []],
    ["docker/default", seccomp("RuntimeDefault"), []],
    ["localhost/a", seccomp("Localhost", "a"), []],
    [
      "localhost/a",
      seccomp("Localhost", "b"),
      [`${path}.localhostProfile: Forbidden: seccomp profile in annotation and field must match`],
    ],
    [
      "runtime/default",
      seccomp("Localhost", "b"),
      [`${path}.type: Forbidden: seccomp type in annotation and field must match`],
    ],
    [
      "runtime/default",
      seccomp("Unconfined"),
      [`${path}.type: Forbidden: seccomp type in annotation and field must match`],
    ],
  ])("of seccomp that is %s and %j", (annotation, securityContext, errors) => {
    expect(created(PODS, pod({ [SECCOMP]: annotation }, { securityContext }))).toEqual(errors);
  });

  test("of a container is its own, or AppArmor's of its pod", () => {
    const containers = [
      { name: "c", image: "i", securityContext: seccomp("Unconfined") },
      { name: "d", image: "i" },
    ];
    const annotations = {
      [SECCOMP_OF_C]: "runtime/default",
      [APP_ARMOR]: "unconfined",
      "container.seccomp.security.alpha.kubernetes.io/d": "unconfined",
    };
    const securityContext = { appArmorProfile: { type: "RuntimeDefault" } };
    const errors = [
      "spec.containers[0].securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match",
      "spec.containers[0].securityContext.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match",
    ];
    const spec = { containers, securityContext };
    expect(created(PODS, pod(annotations, spec))).toEqual(errors);
    expect(created(PODS, pod(annotations, { ...spec, os: { name: "windows" } }))).not.toContain(
      errors[1],
    );
  });
});

test.each<[string, Partial<PodSpec>, boolean, object | undefined]>([
  ["unconfined", {}, true, { type: "Unconfined" }],
  ["runtime/default", {}, true, { type: "RuntimeDefault" }],
  ["localhost/a", {}, true, { type: "Localhost", localhostProfile: "a" }],
  ["localhost/", {}, true, undefined],
  ["localhost/ a", {}, true, undefined],
  ["", {}, true, undefined],
  ["unconfined", { os: { name: "windows" } }, false, undefined],
  [
    "unconfined",
    { securityContext: { appArmorProfile: { type: "Unconfined" } } },
    false,
    undefined,
  ],
])(
  "the annotation of AppArmor %p becomes the field, with %j",
  (...[annotation, spec, isTold, field]) => {
    const made = pod({ [APP_ARMOR]: annotation }, spec);
    expect(adoptAppArmor(made)).toEqual(isTold ? [APP_ARMOR] : []);
    expect(made.spec?.containers[0]?.securityContext?.appArmorProfile).toEqual(field as never);
  },
);
