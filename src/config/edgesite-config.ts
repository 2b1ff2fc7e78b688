import { boolean, type ConfigOf, choice, group, integer, list, text } from "./options.ts";

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const IPV4_OR_EMPTY = /^$|^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const CIDR_OR_EMPTY =
  /^$|^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\/(?:[89]|[12]\d|30)$/;
const CIDR6_OR_EMPTY =
  /^$|^[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}\/(?:[1-9]\d?|1[01]\d|12[0-4])$/;
/** A DNS name, with a wildcard in front or not, or an IP address. */
const SUBJECT_NAME =
  /^(\*\.)?[A-Za-z0-9]([-A-Za-z0-9.]{0,251}[A-Za-z0-9])?$|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/;
const LABEL = /^$|^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const MODULE_NAME = /^[A-Za-z][A-Za-z0-9]*$/;
const ABSOLUTE = /^\//;
const ABSOLUTE_OR_EMPTY = /^$|^\//;

const enable = (name: string) =>
  boolean({ default: true, text: `Whether ${name} is part of this process.` });

const buffer = (what: string) =>
  integer({ default: 1024, min: 1, text: `Messages about ${what} that may wait.` });

/** KubeEdge's queues between its watches and its workers. */
const eventBuffer = (what: string) =>
  integer({
    default: 1,
    min: 1,
    text: `Changes of ${what} that may wait: none does here, each is taken in as it comes.`,
  });

const workers = (what: string, count: number) =>
  integer({ default: count, min: 1, text: `Requests about ${what} that are worked on at once.` });

/** KubeEdge's `EdgeControllerBuffer`, v1.3. */
const edgeControllerBuffer = group("How much may wait in each queue of the edge controller.", {
  updatePodStatus: buffer("pod status"),
  updateNodeStatus: buffer("node status"),
  queryConfigMap: buffer("ConfigMap queries"),
  querySecret: buffer("Secret queries"),
  queryService: buffer("Service queries"),
  queryEndpoints: buffer("Endpoints queries"),
  podEvent: eventBuffer("pods"),
  configMapEvent: eventBuffer("ConfigMaps"),
  secretEvent: eventBuffer("Secrets"),
  serviceEvent: eventBuffer("Services"),
  endpointsEvent: eventBuffer("Endpoints"),
  queryPersistentVolume: buffer("PersistentVolume queries"),
  queryPersistentVolumeClaim: buffer("PersistentVolumeClaim queries"),
  queryVolumeAttachment: buffer("VolumeAttachment queries"),
  queryNode: buffer("Node queries"),
  updateNode: buffer("Node updates"),
  deletePod: buffer("pod deletions"),
});

/**
 * KubeEdge's `EdgeControllerLoad`, v1.3, with more than its one worker for pod status: writers that
 * wait for the disk together share one commit.
 */
const edgeControllerLoad = group("How much the edge controller does at once.", {
  updatePodStatusWorkers: workers("pod status", 4),
  updateNodeStatusWorkers: workers("node status", 1),
  queryConfigMapWorkers: workers("ConfigMaps", 4),
  querySecretWorkers: workers("Secrets", 4),
  queryServiceWorkers: workers("Services", 4),
  queryEndpointsWorkers: workers("Endpoints", 4),
  queryPersistentVolumeWorkers: workers("PersistentVolumes", 4),
  queryPersistentVolumeClaimWorkers: workers("PersistentVolumeClaims", 4),
  queryVolumeAttachmentWorkers: workers("VolumeAttachments", 4),
  queryNodeWorkers: workers("Nodes", 4),
  updateNodeWorkers: workers("Node updates", 4),
  deletePodWorkers: workers("pod deletions", 4),
});

const moduleName = (role: string, name: string) =>
  text({
    default: name,
    pattern: MODULE_NAME,
    rule: "the name of a module",
    text: `The module that the edge controller ${role}.`,
  });

const modules = group("The parts of the process; a disabled one does not exist.", {
  apiServer: group("The Kubernetes API.", { enable: enable("the API server") }),
  controllers: group("Kubernetes' controllers.", { enable: enable("the set of controllers") }),
  scheduler: group("Binds pods to nodes.", { enable: enable("the scheduler") }),
  edgeController: group("Carries objects between the API and the edge (KubeEdge edgecontroller).", {
    enable: enable("the edge controller"),
    nodeUpdateFrequency: integer({
      default: 10,
      min: 1,
      max: 3600,
      text: "Seconds after which a node's heartbeat is old: it then counts from when it arrived.",
    }),
    buffer: edgeControllerBuffer,
    context: group("Between which modules the edge controller stands.", {
      sendModule: moduleName("sends to", "metaManager"),
      receiveModule: moduleName("receives as", "edgecontroller"),
      responseModule: moduleName("answers to", "metaManager"),
    }),
    load: edgeControllerLoad,
  }),
  metaManager: group("The edge's own copy of what it must run.", {
    enable: enable("the meta manager"),
    contextSendGroup: text({
      default: "edgecontroller",
      pattern: MODULE_NAME,
      rule: "the name of a group",
      text: "The group that messages go up to.",
    }),
    contextSendModule: text({
      default: "edgecontroller",
      pattern: MODULE_NAME,
      rule: "the name of a module",
      text: "The module that messages go up to.",
    }),
  }),
  edgeMesh: group("edge0, DNS and the proxy of Services.", { enable: enable("the mesh") }),
  edged: group("The node agent.", {
    enable: enable("the node agent"),
    nodeStatusUpdateFrequency: integer({
      default: 10,
      min: 1,
      max: 3600,
      text: "Seconds between two heartbeats of the node.",
    }),
  }),
});

/** Every field of `edgesite.yaml`: a superset of KubeEdge's EdgeSite v1alpha1. */
export const FIELDS = {
  apiVersion: choice(["edgesite.config.kubeedge.io/v1alpha1"], {
    default: "edgesite.config.kubeedge.io/v1alpha1",
    text: "The version of this format.",
    essential: true,
  }),
  kind: choice(["EdgeSite"], {
    default: "EdgeSite",
    text: "The kind of this file.",
    essential: true,
  }),
  dataDir: text({
    default: "/var/lib/edgesite",
    pattern: ABSOLUTE,
    rule: "an absolute path",
    text: "Where everything is kept: database, keys, pod volumes.",
    flag: "--data-dir",
    essential: true,
  }),
  nodeName: text({
    default: "",
    pattern: LABEL,
    rule: "a lowercase RFC 1123 name, or empty for the host's name",
    text: "The name of this box in the cluster; kept after the first start.",
    flag: "--node-name",
    essential: true,
  }),
  apiServer: group("Where the API listens.", {
    bindAddress: text({
      default: "0.0.0.0",
      pattern: IPV4,
      rule: "an IPv4 address",
      text: "The address to listen on.",
      flag: "--bind-address",
    }),
    port: integer({
      default: 6443,
      min: 1,
      max: 65535,
      text: "The port to listen on.",
      flag: "--port",
      essential: true,
    }),
    tlsSans: list({
      default: [],
      pattern: SUBJECT_NAME,
      rule: "a list of DNS names and IP addresses",
      text: "Other names and addresses by which clients reach the API: they stand in its certificate.",
      flag: "--tls-san",
    }),
    audit: group("The record of requests, off where it has no path.", {
      logPath: text({
        default: "",
        pattern: ABSOLUTE_OR_EMPTY,
        rule: "an absolute path, or empty for no audit log",
        text: "The file that requests are recorded in, a line of JSON for each event.",
        flag: "--audit-log-path",
      }),
      policyFile: text({
        default: "",
        pattern: ABSOLUTE_OR_EMPTY,
        rule: "an absolute path, or empty",
        text: "The audit.k8s.io/v1 Policy that says what is recorded.",
        flag: "--audit-policy-file",
      }),
      logMaxSize: integer({
        default: 10,
        min: 1,
        max: 10_000,
        text: "MiB that the file grows to before it is set aside.",
        flag: "--audit-log-maxsize",
      }),
      logMaxBackup: integer({
        default: 3,
        min: 0,
        max: 10_000,
        text: "How many files that were set aside are kept; 0 keeps all.",
        flag: "--audit-log-maxbackup",
      }),
      logMaxAge: integer({
        default: 0,
        min: 0,
        max: 36_500,
        text: "Days that they are kept; 0 is for ever.",
        flag: "--audit-log-maxage",
      }),
    }),
  }),
  secrets: group("How Secrets are kept.", {
    keyFile: text({
      default: "",
      pattern: ABSOLUTE_OR_EMPTY,
      rule: "an absolute path, or empty for pki/secrets.key in the data directory",
      text: "The key that Secrets are encrypted with on disk; elsewhere, such as on a stick, a thief with the card has no Secrets.",
      flag: "--secrets-key-file",
    }),
  }),
  runtime: group("What runs the containers.", {
    name: choice(["auto", "docker", "native"], {
      default: "auto",
      text: "native: edgesite runs containers itself and needs nothing beside it; docker: a Docker engine does; auto: decided at the first start and kept, docker where one answers, else native.",
      flag: "--runtime",
      essential: true,
    }),
    dockerAddress: text({
      default: "",
      pattern: /^$|^unix:\/\/\/|^tcp:\/\//,
      rule: "unix:///path or tcp://host:port, or empty for DOCKER_HOST, then /var/run/docker.sock",
      text: "Where the Docker engine answers; read by the runtime docker, and by auto at the first start.",
    }),
  }),
  images: group("Where images come from.", {
    registriesFile: text({
      default: "",
      pattern: ABSOLUTE_OR_EMPTY,
      rule: "an absolute path, or empty for registries.yaml beside the configuration",
      text: "Mirrors, credentials and TLS settings of registries, as k3s' registries.yaml has them; read at each pull.",
      flag: "--registries-file",
    }),
  }),
  network: group("Address ranges; chosen at the first start and kept.", {
    podCIDR: text({
      default: "",
      pattern: CIDR_OR_EMPTY,
      rule: "an IPv4 range like 10.42.0.0/24, or empty",
      text: "Addresses of pods. Empty: 10.42.0.0/24, or another one that is free.",
    }),
    serviceCIDR: text({
      default: "",
      pattern: CIDR_OR_EMPTY,
      rule: "an IPv4 range like 10.43.0.0/16, or empty",
      text: "Addresses of Services. Empty: 10.43.0.0/16, or another one that is free.",
    }),
    podCIDR6: text({
      default: "",
      pattern: CIDR6_OR_EMPTY,
      rule: "an IPv6 range like fd42::/112, or empty",
      text: "A second address for each pod, at the same place in this range as the first in podCIDR; Services stay IPv4. Empty: pods have no IPv6.",
    }),
    dnsAddress: text({
      default: "",
      pattern: IPV4_OR_EMPTY,
      rule: "an IPv4 address, or empty",
      text: "Where DNS answers pods. Empty: 169.254.96.16, or another one that is free.",
    }),
    mtu: integer({
      default: 0,
      min: 1280,
      max: 65_535,
      orZero: true,
      text: "Bytes of the largest packet of a pod; less than 1280 carries no IPv6. 0: what every link takes that leads out of the host, VPNs too.",
    }),
    clusterDomain: text({
      default: "cluster.local",
      pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
      rule: "a DNS name",
      text: "The domain that Services are found under.",
    }),
    upstreams: list({
      default: [],
      pattern: IPV4,
      rule: "a list of IPv4 addresses",
      text: "DNS servers for all other names. Empty: those of the host's /etc/resolv.conf.",
    }),
  }),
  log: group("What is logged to standard error.", {
    level: choice(["debug", "info", "warn", "error"], {
      default: "info",
      text: "The least severe lines that are shown.",
      flag: "--log-level",
    }),
    format: choice(["text", "json"], {
      default: "text",
      text: "text for people, json for collectors.",
      flag: "--log-format",
    }),
  }),
  stopGraceSeconds: integer({
    default: 20,
    min: 0,
    max: 600,
    text: "How long modules may take to stop before their work is dropped.",
  }),
  modules,
};

/** A whole, valid configuration. */
export type EdgeSiteConfig = ConfigOf<typeof FIELDS>;
