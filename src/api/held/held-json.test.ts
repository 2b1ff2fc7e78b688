import { describe, expect, test } from "bun:test";
import { SCHEMA } from "../schema.ts";
import { embeddedPart } from "./held-fields.ts";
import { held, heldJson, heldLines, isHeldAlike } from "./held-json.ts";

const core = (name: string) => SCHEMA.object(`io.k8s.api.core.v1.${name}`);

/** Texts of Go's `json.Marshal` for types that are laid out as those of Kubernetes 1.36. */
describe("what Kubernetes' server holds", () => {
  test("has all fields by their names in Go, metadata by those of the API", () => {
    const metadata = { labels: { b: "2", 10: "x", 9: "<y>" }, creationTimestamp: null };
    const containers = [
      { name: "c", ports: [{ containerPort: 80 }], livenessProbe: { httpGet: { port: "web" } } },
    ];
    expect(heldJson(core("PodTemplateSpec"), { metadata, spec: { containers } })).toBe(
      '{"labels":{"10":"x","9":"\\u003cy\\u003e","b":"2"},"Spec":{"Volumes":null,"InitContainers":null,"Containers":[{"Name":"c","Image":"","Command":null,"Args":null,"WorkingDir":"","Ports":[{"Name":"","HostPort":0,"ContainerPort":80,"Protocol":"","HostIP":""}],"EnvFrom":null,"Env":null,"Resources":{"Limits":null,"Requests":null,"Claims":null},"ResizePolicy":null,"RestartPolicy":null,"RestartPolicyRules":null,"VolumeMounts":null,"VolumeDevices":null,"LivenessProbe":{"Exec":null,"HTTPGet":{"Path":"","Port":"web","Host":"","Scheme":"","HTTPHeaders":null},"TCPSocket":null,"GRPC":null,"InitialDelaySeconds":0,"TimeoutSeconds":0,"PeriodSeconds":0,"SuccessThreshold":0,"FailureThreshold":0,"TerminationGracePeriodSeconds":null},"ReadinessProbe":null,"StartupProbe":null,"Lifecycle":null,"TerminationMessagePath":"","TerminationMessagePolicy":"","ImagePullPolicy":"","SecurityContext":null,"Stdin":false,"StdinOnce":false,"TTY":false}],"EphemeralContainers":null,"RestartPolicy":"","TerminationGracePeriodSeconds":null,"ActiveDeadlineSeconds":null,"DNSPolicy":"","NodeSelector":null,"ServiceAccountName":"","AutomountServiceAccountToken":null,"NodeName":"","SecurityContext":{"HostNetwork":false,"HostPID":false,"HostIPC":false,"ShareProcessNamespace":null,"HostUsers":null,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"SupplementalGroups":null,"SupplementalGroupsPolicy":null,"FSGroup":null,"FSGroupChangePolicy":null,"Sysctls":null,"SeccompProfile":null,"AppArmorProfile":null,"SELinuxChangePolicy":null},"ImagePullSecrets":null,"Hostname":"","Subdomain":"","SetHostnameAsFQDN":null,"Affinity":null,"SchedulerName":"","Tolerations":null,"HostAliases":null,"PriorityClassName":"","Priority":null,"PreemptionPolicy":null,"DNSConfig":null,"ReadinessGates":null,"RuntimeClassName":null,"Overhead":null,"EnableServiceLinks":null,"TopologySpreadConstraints":null,"OS":null,"SchedulingGates":null,"ResourceClaims":null,"Resources":null,"HostnameOverride":null,"SchedulingGroup":null}}',
    );
  });

  test("has the source of a volume by itself, in an order of its own", () => {
    const source = embeddedPart(core("PersistentVolumeSpec"), "PersistentVolumeSource");
    const spec = { rbd: { monitors: ["m"], image: "i" }, storageClassName: "fast" };
    expect(heldJson(source, spec)).toBe(
      '{"GCEPersistentDisk":null,"AWSElasticBlockStore":null,"HostPath":null,"Glusterfs":null,"NFS":null,"RBD":{"CephMonitors":["m"],"RBDImage":"i","FSType":"","RBDPool":"","RadosUser":"","Keyring":"","SecretRef":null,"ReadOnly":false},"Quobyte":null,"ISCSI":null,"FlexVolume":null,"Cinder":null,"CephFS":null,"FC":null,"Flocker":null,"AzureFile":null,"VsphereVolume":null,"AzureDisk":null,"PhotonPersistentDisk":null,"PortworxVolume":null,"ScaleIO":null,"Local":null,"StorageOS":null,"CSI":null}',
    );
  });

  test("does not say of what kind it is", () => {
    const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "c" } };
    expect(heldJson(core("PersistentVolumeClaim"), claim)).toStartWith('{"name":"c","Spec":{');
  });

  test("is told of one value, of many and of none", () => {
    const ip = "io.k8s.api.core.v1.PodIP";
    expect(held(ip, { ip: "10.0.0.1" }).text).toBe('{"IP":"10.0.0.1"}');
    expect(held(ip, [{ ip: "10.0.0.1" }, {}]).text).toBe('[{"IP":"10.0.0.1"},{"IP":""}]');
    expect(held(ip, undefined).text).toBe("null");
  });

  test("comes in lines, one space further in for each level", () => {
    const term = { matchExpressions: [{ key: "a", operator: "In", values: ["b\n"] }] };
    expect(heldLines(core("NodeSelectorTerm"), term)).toEqual([
      "{",
      ' "MatchExpressions": [',
      "  {",
      '   "Key": "a",',
      '   "Operator": "In",',
      '   "Values": [',
      String.raw`    "b\n"`,
      "   ]",
      "  }",
      " ],",
      ' "MatchFields": null',
      "}",
    ]);
  });

  test("is the same for what is empty, and for amounts however they are written", () => {
    const type = core("ResourceRequirements");
    expect(
      isHeldAlike(type, { limits: {}, requests: { cpu: "1" } }, { requests: { cpu: "1e0" } }),
    ).toBe(true);
    expect(isHeldAlike(type, { requests: { cpu: "1" } }, { requests: { cpu: "2" } })).toBe(false);
    expect(isHeldAlike(core("SecretVolumeSource"), { optional: false }, {})).toBe(false);
  });
});
