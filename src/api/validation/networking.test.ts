import { describe, expect, test } from "bun:test";
import { changed, created, said } from "#test/kit/validate.ts";
import type { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from "../object.ts";
import * as kinds from "../resources/networking.ts";

const metadata = { name: "x", namespace: "default" };
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const WILDCARD =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

describe("an Ingress", () => {
  type Spec = NonNullable<Ingress["spec"]>;
  type Path = NonNullable<NonNullable<Spec["rules"]>[number]["http"]>["paths"][number];
  const ingress = (spec: Spec): Ingress => ({ metadata, spec });
  const backend = { service: { name: "web", port: { number: 80 } } };
  const at = (path: Partial<Path>): Ingress =>
    ingress({
      rules: [{ http: { paths: [{ pathType: "Prefix", path: "/", backend, ...path }] } }],
    });
  const PATH = "spec.rules[0].http.paths[0]";

  test.each<[string, Ingress, string[]]>([
    ["as usual", at({}), []],
    [
      "without anything",
      ingress({}),
      ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
    ],
    [
      "of a class without a name",
      { ...at({}), spec: { ...at({}).spec, ingressClassName: "" } },
      [`spec.ingressClassName: Invalid value: "": ${SUBDOMAIN}`],
    ],
    [
      "for an address, zeros and all",
      ingress({ rules: [{ host: "010.0.0.1" }] }),
      ['spec.rules[0].host: Invalid value: "010.0.0.1": must be a DNS name, not an IP address'],
    ],
    [
      "without a kind of path",
      ingress({ rules: [{ http: { paths: [{ path: "/", backend } as Path] } }] }),
      [`${PATH}.pathType: Required value: pathType must be specified`],
    ],
    [
      "with paths that lead elsewhere",
      at({ path: "a//b/.." }),
      [
        `${PATH}.path: Invalid value: "a//b/..": must be an absolute path`,
        `${PATH}.path: Invalid value: "a//b/..": must not contain '//'`,
        `${PATH}.path: Invalid value: "a//b/..": cannot end with '/..'`,
      ],
    ],
    ["that leaves the path to others", at({ pathType: "ImplementationSpecific", path: "" }), []],
    [
      "of no known kind of path",
      at({ pathType: "Regex" }),
      [
        `${PATH}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
      ],
    ],
    [
      "that leads nowhere",
      at({ backend: {} }),
      [`${PATH}.backend: Invalid value: "": resource or service backend is required`],
    ],
    [
      "that leads to two places",
      at({ backend: { ...backend, resource: { kind: "Bucket", name: "b" } } }),
      [`${PATH}.backend: Invalid value: "": cannot set both resource and service backends`],
    ],
    [
      "that leads to an object without a name",
      at({ backend: { resource: { kind: "Buc/ket", name: "" } } }),
      [
        `${PATH}.backend.resource.kind: Invalid value: "Buc/ket": may not contain '/'`,
        `${PATH}.backend.resource.name: Required value`,
      ],
    ],
    [
      "to a Service with two ports",
      at({ backend: { service: { name: "Web", port: { name: "http", number: 80 } } } }),
      [
        `${PATH}.backend.service.name: Invalid value: "Web": ${LABEL}`,
        `${PATH}.backend: Invalid value: "": cannot set both port name & port number`,
      ],
    ],
    [
      "to a Service without port",
      at({ backend: { service: { name: "web" } } }),
      [`${PATH}.backend: Required value: port name or number is required`],
    ],
    [
      "of hosts that are none",
      ingress({
        rules: [{ host: "10.0.0.1" }, { host: "*bar" }, { host: "*.example.com" }],
        tls: [{ hosts: ["A", "*.b"], secretName: "S" }],
      }),
      [
        'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
        `spec.rules[1].host: Invalid value: "*bar": ${WILDCARD}`,
        `spec.tls[0].hosts[0]: Invalid value: "A": ${SUBDOMAIN}`,
        `spec.tls[0].secretName: Invalid value: "S": ${SUBDOMAIN}`,
      ],
    ],
    [
      "of two classes",
      {
        metadata: { ...metadata, annotations: { "kubernetes.io/ingress.class": "a" } },
        spec: { ingressClassName: "b", defaultBackend: backend },
      },
      [
        'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(kinds.INGRESSES, given)).toEqual(errors);
  });

  test("is reached at addresses and names", () => {
    const reached = (...ingress: { ip?: string; hostname?: string }[]): Ingress => ({
      ...at({}),
      status: { loadBalancer: { ingress } },
    });
    expect(said(kinds.INGRESSES, at({}), reached({ ip: "10.0.0.1" }))).toEqual([]);
    expect(said(kinds.INGRESSES, at({}), reached({ ip: "x" }, { hostname: "10.0.0.1" }))).toEqual([
      'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.loadBalancer.ingress[1].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    ]);
  });

  test("has no status until somebody says so", () => {
    const object: Ingress = {
      ...at({}),
      status: { loadBalancer: { ingress: [{ ip: "1.1.1.1" }] } },
    };
    kinds.INGRESSES.prepareForCreate?.(object);
    expect(object.status).toEqual({ loadBalancer: {} });
  });
});

describe("an IngressClass", () => {
  const ofController = (controller: string, parameters?: object): IngressClass =>
    ({
      metadata: { name: "x" },
      spec: { controller, ...(parameters && { parameters }) },
    }) as IngressClass;

  test.each<[string, IngressClass, string[]]>([
    ["as usual", ofController("example.com/nginx", { kind: "P", name: "p" }), []],
    ["without controller", ofController(""), ["spec.controller: Required value"]],
    [
      "of a controller without domain",
      ofController("nginx"),
      [
        'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
      ],
    ],
    [
      "of a controller with a bad path",
      ofController("a.b/c d"),
      [
        `spec.controller: Invalid value: "c d": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`,
      ],
    ],
    [
      "with parameters of a namespace that is not said",
      ofController("a.b/c", { kind: "P", name: "", scope: "Namespace" }),
      [
        "spec.parameters.name: Required value",
        "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
      ],
    ],
    [
      "with parameters of the cluster in a namespace",
      ofController("a.b/c", { kind: "P", name: "p", namespace: "n" }),
      ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    ],
    [
      "with parameters of no scope there is",
      ofController("a.b/c", { kind: "P", name: "p", scope: "World" }),
      [
        'spec.parameters.scope: Unsupported value: "World": supported values: "Cluster", "Namespace"',
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(kinds.INGRESS_CLASSES, given)).toEqual(errors);
  });

  test("keeps its controller", () => {
    expect(changed(kinds.INGRESS_CLASSES, ofController("a.b/c"), ofController("a.b/d"))).toEqual([
      'spec.controller: Invalid value: "a.b/d": field is immutable',
    ]);
  });
});

describe("a NetworkPolicy", () => {
  type Spec = NonNullable<NetworkPolicy["spec"]>;
  const policy = (spec: Partial<Spec>): NetworkPolicy => ({
    metadata,
    spec: { podSelector: {}, ...spec },
  });

  test.each<[string, NetworkPolicy, string[]]>([
    ["as usual", policy({ ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }] }), []],
    [
      "of a network whose spelling is wrong, and of what is left out of it",
      policy({
        ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.1/8", except: ["11.0.0.0/16", "x"] } }] }],
      }),
      [
        'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
        'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
        'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
    ],
    [
      "of peers that are none, or two",
      policy({
        ingress: [{ from: [{}] }],
        egress: [{ to: [{ podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } }] }],
      }),
      [
        "spec.ingress[0].from[0]: Required value: must specify a peer",
        "spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer",
      ],
    ],
    [
      "of networks that do not fit",
      policy({
        egress: [
          {
            to: [
              { ipBlock: { cidr: "" } },
              { ipBlock: { cidr: "10.0.0.0/33" } },
              {
                ipBlock: {
                  cidr: "10.0.0.0/8",
                  except: ["10.1.0.0/16", "11.0.0.0/16", "10.0.0.0/8"],
                },
              },
              { ipBlock: { cidr: "2001:db8::/32", except: ["2001:db8:1::/48", "2001:db9::/48"] } },
            ],
          },
        ],
      }),
      [
        "spec.egress[0].to[0].ipBlock.cidr: Required value",
        'spec.egress[0].to[1].ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        'spec.egress[0].to[2].ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
        'spec.egress[0].to[2].ipBlock.except[2]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
        'spec.egress[0].to[3].ipBlock.except[1]: Invalid value: "2001:db9::/48": must be a strict subset of `cidr`',
      ],
    ],
    [
      "of ports that make no sense",
      policy({
        ingress: [
          {
            ports: [
              { protocol: "ICMP" },
              { port: 80, endPort: 70 },
              { port: "http", endPort: 80 },
              { endPort: 80 },
              { port: 0 },
            ],
          },
        ],
      }),
      [
        'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
        "spec.ingress[0].ports[1].endPort: Invalid value: 70: must be greater than or equal to `port`",
        "spec.ingress[0].ports[2].endPort: Invalid value: 80: may not be specified when `port` is non-numeric",
        "spec.ingress[0].ports[3].endPort: Invalid value: 80: may not be specified when `port` is not specified",
        "spec.ingress[0].ports[4].port: Invalid value: 0: must be between 1 and 65535, inclusive",
      ],
    ],
    [
      "of no known type",
      policy({ policyTypes: ["Sideways"] }),
      ['spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Ingress", "Egress"'],
    ],
    [
      "of three types",
      policy({ policyTypes: ["Ingress", "Egress", "Ingress"] }),
      [
        'spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes',
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(kinds.NETWORK_POLICIES, given)).toEqual(errors);
  });

  test.each<[string, Partial<Spec>, Partial<Spec>]>([
    ["is about what comes in", {}, { policyTypes: ["Ingress"] }],
    [
      "is about what goes out where it says so",
      { egress: [{ ports: [{ port: 53 }] }] },
      { policyTypes: ["Ingress", "Egress"], egress: [{ ports: [{ port: 53, protocol: "TCP" }] }] },
    ],
  ])("%s", (_, given, expected) => {
    const object = policy(given);
    kinds.NETWORK_POLICIES.setDefaults(object);
    expect(object.spec).toEqual({ podSelector: {}, ...expected });
  });
});

describe("a ServiceCIDR", () => {
  const cidr = (...cidrs: string[]): ServiceCIDR => ({ metadata: { name: "x" }, spec: { cidrs } });

  test.each<[string, ServiceCIDR, string[]]>([
    ["as usual", cidr("10.0.0.0/16", "2001:db8::/64"), []],
    ["of nothing", cidr(), ["spec.cidrs: Required value: at least one CIDR required"]],
    [
      "of two networks of one family",
      cidr("10.0.0.0/16", "10.1.0.0/16"),
      [
        'spec.cidrs: Invalid value: ["10.0.0.0/16","10.1.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ],
    ],
    [
      "of too many",
      cidr("10.0.0.0/16", "x", "y"),
      [
        'spec.cidrs: Invalid value: {"CIDRs":["10.0.0.0/16","x","y"]}: may only hold up to 2 values',
      ],
    ],
    [
      "of one family, one of them askew",
      cidr("10.0.0.1/16", "10.1.0.0/16"),
      [
        'spec.cidrs[0]: Invalid value: "10.0.0.1/16": must not have bits set beyond the prefix length',
        'spec.cidrs: Invalid value: ["10.0.0.1/16","10.1.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ],
    ],
    [
      "of what is no network",
      cidr("10.0.0.1/16", "x"),
      [
        'spec.cidrs[0]: Invalid value: "10.0.0.1/16": must not have bits set beyond the prefix length',
        'spec.cidrs[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(kinds.SERVICE_CIDRS, given)).toEqual(errors);
  });

  test("keeps its network; the other family may join it", () => {
    const update = (next: ServiceCIDR) => changed(kinds.SERVICE_CIDRS, cidr("10.0.0.0/16"), next);
    expect(update(cidr("10.0.0.0/16", "2001:db8::/64"))).toEqual([]);
    const family =
      'spec.cidrs: Invalid value: ["10.0.0.0/16","10.1.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    expect(update(cidr("10.0.0.0/16", "10.1.0.0/16"))).toEqual([family, family]);
    expect(update(cidr("10.1.0.0/16"))).toEqual([
      'spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable',
    ]);
  });
});

test("an IPAddress is attached to something, for ever", () => {
  const address = (parentRef?: object): IPAddress =>
    ({ metadata: { name: "10.0.0.1" }, spec: parentRef && { parentRef } }) as IPAddress;
  const service = { resource: "services", name: "web", namespace: "default" };
  expect(created(kinds.IP_ADDRESSES, address(service))).toEqual([]);
  expect(created(kinds.IP_ADDRESSES, address())).toEqual(["spec.parentRef: Required value"]);
  expect(created(kinds.IP_ADDRESSES, address({ resource: "", name: "a/b" }))).toEqual([
    "spec.parentRef.resource: Required value",
    "spec.parentRef.name: Invalid value: \"a/b\": may not contain '/'",
  ]);
  const other = { ...service, name: "db" };
  expect(changed(kinds.IP_ADDRESSES, address(service), address(other))).toEqual([
    'spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"default","Name":"db"}: field is immutable',
  ]);
});
