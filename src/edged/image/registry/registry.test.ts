import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { explain, must } from "#lib/errors.ts";
import { eventually } from "#test/kit/eventually.ts";
import {
  blobsOf,
  noise,
  sha256,
  type TestImage,
  tarOf,
  testImage,
} from "#test/kit/image-archives.ts";
import { TestRegistry, type TestRegistryOptions } from "#test/kit/test-registry.ts";
import type { RegistryCredentials } from "../../runtime/types.ts";
import { parseImageReference } from "../reference.ts";
import { endpointsOf } from "./endpoints.ts";
import { readRegistries } from "./registries-file.ts";
import { findRegistryImage } from "./registry.ts";
import type { Patience } from "./transfer.ts";

const SIZE = 600_000;
const PATIENCE: Patience = { stallMs: 5000, tries: 3, firstDelayMs: 1, maxDelayMs: 5 };
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";

let directory = "";
let image: TestImage;
const registries: TestRegistry[] = [];

beforeEach(async () => {
  directory = mkdtempSync("/dev/shm/edgesite-registry-");
  image = testImage([await tarOf([{ name: "noise", content: noise(SIZE) }])]);
});
afterEach(async () => {
  for (const registry of registries.splice(0)) await registry[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

async function start(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const registry = await new TestRegistry(options).ready();
  registry.add("team/app:1", blobsOf(image));
  registries.push(registry);
  return registry;
}

interface Pull {
  readonly credentials?: RegistryCredentials;
  readonly file?: string;
  readonly architecture?: string;
  readonly stallMs?: number;
  /** Told of each part of the layer. */
  readonly onPart?: (bytes: Uint8Array) => void;
}

/** Pulls an image and answers its config's digest and the bytes of its layer. */
async function pull(name: string, options: Pull = {}) {
  const { credentials, file = "", architecture = "amd64", stallMs = PATIENCE.stallMs } = options;
  const path = join(directory, "registries.yaml");
  writeFileSync(path, file);
  const signal = AbortSignal.timeout(10_000);
  const found = await findRegistryImage(
    {
      registries: readRegistries(path),
      reference: must(parseImageReference(name), "a reference"),
      platform: { os: "linux", architecture },
      onProgress: () => undefined,
      patience: { ...PATIENCE, stallMs },
      ...(credentials && { credentials }),
    },
    signal,
  );
  const parts: Uint8Array[] = [];
  for (const layer of found.layers) {
    for await (const part of layer.open(signal)) {
      parts.push(part);
      options.onPart?.(part);
    }
  }
  return {
    id: sha256(found.config),
    layer: Bun.gunzipSync(Buffer.concat(parts)),
    digest: found.digest,
  };
}

async function failureOf(name: string, options: Pull = {}): Promise<string> {
  return await pull(name, options).then(
    () => "it was pulled",
    (error: unknown) => String(error),
  );
}

describe("findRegistryImage()", () => {
  const ways: [string, TestRegistryOptions, Pull][] = [
    ["without credentials", {}, {}],
    ["by a password", { auth: "basic" }, { credentials: { username: "me", password: "secret" } }],
    ["by a token", { auth: "token" }, { credentials: { username: "me", password: "secret" } }],
    [
      "by an encoded password",
      { auth: "token" },
      { credentials: { auth: Buffer.from("me:secret").toString("base64") } },
    ],
    ["over connections that break", { cutAfterBytes: 250_000, cuts: 2 }, {}],
    [
      "over broken ones, without ranges",
      { cutAfterBytes: 400_000, cuts: 1, ignoresRange: true },
      {},
    ],
  ];
  for (const [way, options, given] of ways) {
    test(`pulls ${way}`, async () => {
      const registry = await start(options);
      const { id, layer } = await pull(`${registry.host}/team/app:1`, given);
      expect(id).toBe(sha256(image.config));
      expect(sha256(layer)).toBe(sha256(must(image.layers[0], "a layer")));
    });
  }

  test("takes a download up where it broke", async () => {
    let gotBytes = 0;
    const registry = await start({
      ...{ cutAfterBytes: 200_000, cuts: 1 },
      beforeCut: () => eventually(() => gotBytes > 60_000, { what: "A part of the layer" }),
    });
    const onPart = (part: Uint8Array): void => {
      gotBytes += part.length;
    };
    await pull(`${registry.host}/team/app:1`, { onPart });
    const ranges = registry.requests.filter((request) => request.includes("bytes="));
    expect(ranges).toHaveLength(1);
    expect(Number(/bytes=(\d+)-/.exec(ranges[0] ?? "")?.[1])).toBeGreaterThan(60_000);
  });

  const failures: [string, TestRegistryOptions, string, RegExp][] = [
    ["a corrupt blob", { corruptsFromBytes: 0 }, "team/app:1", /the blob sha256:\w+ is corrupt/],
    ["wrong credentials", { auth: "token" }, "team/app:1", /unauthorized: .* gives no token/],
    [
      "no credentials",
      { auth: "basic" },
      "team/app:1",
      /unauthorized: .* refuses team\/app without credentials/,
    ],
    ["an unknown name", {}, "team/app:2", /not found: .* has no team\/app manifests\/2/],
    [
      "a registry that is out of order",
      { status: 500 },
      "team/app:1",
      /answers 500 \(out of order\)/,
    ],
    ["a digest of nothing", {}, `team/app@sha256:${"0".repeat(64)}`, /not found/],
  ];
  for (const [what, options, name, reason] of failures) {
    test(`says so: ${what}`, async () => {
      expect(await failureOf(`${(await start(options)).host}/${name}`)).toMatch(reason);
    });
  }

  test("says so: a download that stalls", async () => {
    const { host } = await start({ stallAfterBytes: 100_000 });
    const reason = /stops at \d+ of \d+ bytes: .* does not answer within 0.5 s \(3 tries\)/;
    expect(await failureOf(`${host}/team/app:1`, { stallMs: 500 })).toMatch(reason);
  });

  test("says so: nobody there, schema 1, a chart, an unknown layer, another digest", async () => {
    expect(await failureOf("127.0.0.1:1/x:1")).toMatch(/refused\. Without a registry: .*import/);
    const registry = await start();
    const add = (name: string, type: string, document: object) =>
      registry.addDocument(name, { type, bytes: Buffer.from(JSON.stringify(document)) });
    const v1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    add("team/app:v1", v1, { schemaVersion: 1 });
    expect(await failureOf(`${registry.host}/team/app:v1`)).toContain("Docker's schema 1");
    const { manifest, blobs } = blobsOf(image);
    const whole = JSON.parse(Buffer.from(must(blobs.get(manifest.digest), "it")).toString());
    const chart = { ...whole.config, mediaType: "application/vnd.cncf.helm.config.v1+json" };
    add("team/app:chart", manifest.mediaType, { ...whole, config: chart });
    expect(await failureOf(`${registry.host}/team/app:chart`)).toContain("it is no image");
    const secret = { ...whole.layers[0], mediaType: "application/x-encrypted" };
    add("team/app:enc", manifest.mediaType, { ...whole, layers: [secret] });
    expect(await failureOf(`${registry.host}/team/app:enc`)).toContain(
      'a layer has the unknown media type "application/x-encrypted"',
    );
    const other = `sha256:${"1".repeat(64)}`;
    add(other, manifest.mediaType, whole);
    expect(await failureOf(`${registry.host}/team/app@${other}`)).toContain("is corrupt");
  });

  test("gets from the registry itself what a mirror lacks", async () => {
    const own = await start();
    await using mirror = new TestRegistry();
    const { manifest, blobs } = blobsOf(image);
    const bytes = must(blobs.get(manifest.digest), "a manifest");
    mirror.addDocument("team/app:1", { type: manifest.mediaType, bytes });
    const file = `mirrors: { "${own.host}": { endpoint: ["http://${mirror.host}"] } }`;
    const { id } = await pull(`${own.host}/team/app:1`, { file });
    expect(id).toBe(sha256(image.config));
    expect(mirror.requests.some((request) => request.includes("/blobs/"))).toBe(true);
    expect(own.requests.some((request) => request.includes("/manifests/"))).toBe(false);
  });

  test("chooses a platform, and names those that there are", async () => {
    const registry = await start();
    const { manifest } = blobsOf(image);
    const platforms = ["amd64", "arm64"].map((architecture) => ({
      ...manifest,
      platform: { os: "linux", architecture },
    }));
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: platforms }));
    registry.addDocument("team/app:multi", { type: OCI_INDEX, bytes });
    const name = `${registry.host}/team/app:multi`;
    expect(await pull(name)).toMatchObject({ id: sha256(image.config), digest: sha256(bytes) });
    expect(await failureOf(name, { architecture: "riscv64" })).toContain(
      "it is not there for linux/riscv64, only for linux/amd64, linux/arm64",
    );
  });

  test("asks mirrors first, under another path, by TLS with a certificate of their own", async () => {
    const tls = await certificate(directory);
    const mirror = await start({ tls, auth: "basic" });
    mirror.add("cached/app:1", blobsOf(image));
    const broken = await start({ status: 503 });
    const own = await start();
    const mirrors = `
mirrors:
  "${own.host}":
    endpoint: ["http://${broken.host}", "https://${mirror.host}"]
    rewrite: { "^team/(.*)": "cached/$1" }
`;
    const configs = (settings: string) => `
configs:
  "${mirror.host}":
    auth: { username: me, password: secret }
    tls: { ${settings} }
`;
    const name = `${own.host}/team/app:1`;
    for (const settings of [`ca_file: ${tls.path}`, "insecure_skip_verify: true"]) {
      await pull(name, { file: mirrors + configs(settings) });
      expect(mirror.requests.splice(0).some((one) => one.startsWith("/v2/cached/app/blobs"))).toBe(
        true,
      );
      expect(own.requests).toEqual([]);
    }
    await pull(name, { file: mirrors });
    expect(mirror.requests).toEqual([]);
    expect(own.requests.length).toBeGreaterThan(0);
  });
});

/** A certificate for 127.0.0.1 that nobody has signed. */
async function certificate(place: string) {
  const [path, keyPath] = [join(place, "cert.pem"), join(place, "key.pem")];
  const command = [
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
  ];
  const rest = [
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=test",
    "-addext",
    "subjectAltName=IP:127.0.0.1",
  ];
  const { exitCode } = Bun.spawnSync([...command, ...rest, "-keyout", keyPath, "-out", path]);
  if (exitCode !== 0) throw new Error("openssl failed");
  return { path, cert: await Bun.file(path).text(), key: await Bun.file(keyPath).text() };
}

describe("endpointsOf()", () => {
  const urls = (name: string, file = "") => {
    const path = join(directory, "registries.yaml");
    writeFileSync(path, file);
    const reference = must(parseImageReference(name), "a reference");
    return endpointsOf(readRegistries(path), reference, undefined).map(({ url }) => url);
  };

  test("knows Docker Hub, loopback, and mirrors for all", () => {
    expect(urls("busybox")).toEqual(["https://registry-1.docker.io/v2"]);
    expect(urls("localhost:5000/x")).toEqual(["http://localhost:5000/v2"]);
    const file = 'mirrors: { "*": { endpoint: ["m.test:5000", "https://m.test/proxy/"] } }';
    expect(urls("ghcr.io/x", file)).toEqual([
      "https://m.test:5000/v2",
      "https://m.test/proxy",
      "https://ghcr.io/v2",
    ]);
  });

  test("says where the mistake in the file is", () => {
    const cases: [string, string][] = [
      ["mirrors: []", "mirrors must be a mapping"],
      ["mirror: {}", "mirror is unknown"],
      [
        "configs: { a: { tls: { insecure_skip_verify: 1 } } }",
        "configs.a.tls.insecure_skip_verify must be true or false",
      ],
      [`configs: { a: { tls: { ca_file: ${directory}/missing.pem } } }`, "/missing.pem"],
      ["mirrors: { a: { endpoint: [ftp://x] } }", 'endpoint "ftp://x" is no HTTP address'],
      ['mirrors: { a: { rewrite: { "(": x } } }', "mirrors.a.rewrite.( is no regular expression"],
      ["a: [", "Cannot use"],
    ];
    for (const [file, reason] of cases) expect(() => urls("a/b", file)).toThrow(reason);
  });

  test("says so in one line where the file is no YAML", () => {
    let failure: unknown;
    try {
      urls("a/b", "mirrors: [\n");
    } catch (error) {
      failure = error;
    }
    expect(explain(failure)).toMatch(/^Cannot use \S+: .* at line 2, column 1$/);
  });
});
