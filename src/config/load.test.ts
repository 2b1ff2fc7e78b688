import { describe, expect, test } from "bun:test";
import { UserError } from "#lib/errors.ts";
import { FIELDS } from "./edgesite-config.ts";
import { eachField, loadConfig, variableOf } from "./load.ts";
import { configReference, defaultConfig, minConfig } from "./print.ts";

const none = { env: {}, flags: {} };
const file = (text: string) => ({ path: "edgesite.yaml", text });

function failure(sources: Parameters<typeof loadConfig>[0]): UserError {
  try {
    loadConfig(sources);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("Expected a UserError");
}

describe("loadConfig()", () => {
  test("answers the defaults without any source", () => {
    expect(loadConfig(none).apiServer.port).toBe(6443);
  });

  test("lets a flag win over its variable, that over the file", () => {
    const text = "apiServer: {port: 1}\nnodeName: from-file\n";
    const env = { EDGESITE_API_SERVER_PORT: "2", EDGESITE_NODE_NAME: "from-env" };
    const config = loadConfig({ file: file(text), env, flags: { "--port": "3" } });
    expect(config.apiServer.port).toBe(3);
    expect(config.nodeName).toBe("from-env");
    expect(loadConfig({ ...none, file: file(text) }).nodeName).toBe("from-file");
  });

  test("says in one line what is wrong with the file itself", () => {
    const told = (text: string) => failure({ ...none, file: file(text) }).message.split("\n");
    expect(told("kind: EdgeSite\n---\nkind: EdgeSite\n")[1]).toBe(
      "  a second document begins at line 2: one configuration is one document",
    );
    expect(told("\tnodeName: x")[1]).toBe(
      "  Tabs are not allowed as indentation at line 1, column 1",
    );
  });

  test("names every wrong field at once and exits 64", () => {
    const text = "a: 1\nmodules: {metaManager: 3, edgeController: {buffer: {podEvent: x}}}\n";
    const error = failure({
      file: file(text),
      env: { EDGESITE_API_SERVER_PORT: "0" },
      flags: { "--runtime": "rkt" },
    });
    expect(error.exitCode).toBe(64);
    expect(error.message.split("\n")).toEqual([
      "Cannot use the configuration in edgesite.yaml:",
      "  a: there is no such field",
      "  modules.metaManager: 3 must be a map",
      "  EDGESITE_API_SERVER_PORT: 0 must be an integer from 1 to 65535",
      '  --runtime: "rkt" must be one of auto, docker, native',
      '  modules.edgeController.buffer.podEvent: "x" must be an integer of at least 1',
    ]);
  });

  test("a packet of pods is as large as IPv6 needs, or as every way out takes", () => {
    const mtu = (size: string) => ({ ...none, env: { EDGESITE_NETWORK_MTU: size } });
    const loaded = ["0", "1280", "65535"].map((size) => loadConfig(mtu(size)).network.mtu);
    expect(loaded).toEqual([0, 1280, 65_535]);
    for (const size of ["1", "1279", "65536", "-1"]) {
      expect(failure(mtu(size)).message).toEndWith(
        `EDGESITE_NETWORK_MTU: ${size} must be 0, or an integer from 1280 to 65535`,
      );
    }
  });

  test.each(["a: [", "- 1", "dataDir: /a\ndataDir: /b"])("refuses %p", (text) => {
    expect(failure({ ...none, file: file(text) }).exitCode).toBe(64);
  });

  test("refuses edge modules without the one that they live on", () => {
    const text = "modules: {metaManager: {enable: false}, edged: {enable: false}}";
    expect(() => loadConfig({ ...none, file: file(text) })).toThrow(
      "modules.edgeMesh.enable: true must be false while modules.metaManager.enable is",
    );
  });

  test("loads an EdgeSite file of KubeEdge v1.3", () => {
    const text = `apiVersion: edgesite.config.kubeedge.io/v1alpha1
kind: EdgeSite
database: {aliasName: default, dataSource: /var/lib/kubeedge/edgesite.db, driverName: sqlite3}
kubeAPIConfig: {burst: 200, contentType: application/vnd.kubernetes.protobuf, kubeConfig: /root/.kube/config, master: "", qps: 100}
modules:
  edgeController: {enable: true, nodeUpdateFrequency: 20}
  edged: {cgroupDriver: cgroupfs, devicePluginEnabled: false, dockerAddress: unix:///var/run/docker.sock, enable: true, nodeStatusUpdateFrequency: 15}
  metaManager: {contextSendGroup: edgecontroller, contextSendModule: edgecontroller, enable: true}
`;
    const { modules } = loadConfig({ ...none, file: file(text) });
    expect(modules.edgeController.nodeUpdateFrequency).toBe(20);
    expect(modules.edged.nodeStatusUpdateFrequency).toBe(15);
  });
});

describe("printed configurations", () => {
  test.each([minConfig(), defaultConfig()])("load and mean the defaults", (text) => {
    expect(loadConfig({ ...none, file: file(text) })).toEqual(loadConfig(none));
    expect(text.startsWith("# With --")).toBe(true);
  });

  test("configReference() has a row for every field", () => {
    eachField(FIELDS, (path, field) => {
      if (field.kind === "option") expect(configReference()).toContain(`| \`${path}\` |`);
    });
  });

  test("no two fields share a variable or a flag", () => {
    const names: string[] = [];
    eachField(FIELDS, (path, field) => {
      if (field.kind === "option")
        names.push(variableOf(path), ...(field.flag ? [field.flag] : []));
    });
    expect(new Set(names).size).toBe(names.length);
  });
});
