import { describe, expect, test } from "bun:test";
import { changed, created } from "#test/kit/validate.ts";
import type { Service } from "../object.ts";
import { SERVICES } from "../resources/core-services.ts";

describe("a Service", () => {
  const service = (spec: Service["spec"]): Service => ({
    metadata: { name: "s" },
    ...(spec && { spec }),
  });
  const ports = [{ port: 80 }];

  test.each<[string, Service, string[]]>([
    ["as usual", service({ ports }), []],
    ["no ports", service({}), ["spec.ports: Required value"]],
    ["headless without ports", service({ clusterIP: "None" }), []],
    [
      "nameless ports",
      service({ ports: [{ port: 80 }, { port: 81 }] }),
      ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
    ],
    [
      "same name twice",
      service({
        ports: [
          { name: "a", port: 80 },
          { name: "a", port: 81 },
        ],
      }),
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [
      "same port twice",
      service({
        ports: [
          { name: "a", port: 80 },
          { name: "b", port: 80 },
        ],
      }),
      [
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [
      "port out of range",
      service({ ports: [{ port: 0, targetPort: 80 }] }),
      ["spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
    ],
    [
      "unknown type",
      service({ type: "Cloud", ports }),
      [
        'spec.type: Unsupported value: "Cloud": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      "node port of a ClusterIP",
      service({ ports: [{ port: 80, nodePort: 30_000 }] }),
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      "external name missing",
      service({ type: "ExternalName" }),
      ["spec.externalName: Required value"],
    ],
    [
      "external name with address",
      service({ type: "ExternalName", externalName: "a.b", clusterIP: "10.0.0.1" }),
      ["spec.clusterIPs: Forbidden: may not be set for ExternalName services"],
    ],
    [
      "address that is none",
      service({ clusterIP: "10.0.0.300", ports }),
      [
        'spec.clusterIPs[0]: Invalid value: "10.0.0.300": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      "loopback outside",
      service({ ports, externalIPs: ["127.0.0.1"] }),
      [
        'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    ],
    [
      "endless affinity",
      service({
        ports,
        sessionAffinity: "ClientIP",
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 90_000 } },
      }),
      [
        "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400",
      ],
    ],
    [
      "bad selector",
      service({ ports, selector: { "a b": "c" } }),
      [
        "spec.selector: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
    ],
    [
      "external traffic inside",
      service({ ports, externalTrafficPolicy: "Local" }),
      [
        'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
      ],
    ],
  ])("%s", (_, given, expected) => {
    expect(created(SERVICES, given)).toEqual(expected);
  });

  test("keeps its address, also where the client does not repeat it", () => {
    const stored = service({ clusterIP: "10.43.0.9", ports });
    expect(changed(SERVICES, stored, service({ ports: [{ port: 81 }] }))).toEqual([]);
    expect(changed(SERVICES, stored, service({ clusterIP: "10.43.0.10", ports }))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.43.0.10"]: may not change once set',
    ]);
  });

  test("what is given may not be empty", () => {
    const given = service({
      ports: [{ port: 80, appProtocol: "" }],
      ipFamilyPolicy: "",
      internalTrafficPolicy: "",
      trafficDistribution: "",
    });
    const fields = created(SERVICES, given).map((line) => line.slice(0, line.indexOf(": ")));
    expect(fields).toEqual([
      "spec.ports[0].appProtocol",
      "spec.ports[0].appProtocol",
      "spec.ipFamilyPolicy",
      "spec.internalTrafficPolicy",
      "spec.trafficDistribution",
    ]);
  });

  test("an affinity of no time is none", () => {
    const sessionAffinityConfig = { clientIP: { timeoutSeconds: 0 } };
    const given = service({ ports, sessionAffinity: "ClientIP", sessionAffinityConfig });
    expect(created(SERVICES, given)).toEqual([
      "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400",
    ]);
  });
});
