import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DockerNodeImages } from "#edged/runtime/docker/node-images.ts";
import {
  blobsOf,
  dockerArchive,
  ociArchive,
  sha256,
  tarOf,
  testImage,
} from "#test/kit/image-archives.ts";
import { MemoryImageRows } from "#test/kit/memory-image-rows.ts";
import { sharedEngine } from "#test/kit/shared-engine.ts";
import { TestRegistry } from "#test/kit/test-registry.ts";

const TEST_MS = 60_000;
const signal = new AbortController().signal;

describe("the images of a Docker engine", () => {
  let directory: string;
  let images: DockerNodeImages;

  beforeAll(() => {
    directory = mkdtempSync("/dev/shm/edgesite-docker-images-");
    images = new DockerNodeImages({
      address: sharedEngine().address,
      registriesFile: join(directory, "registries.yaml"),
      rows: new MemoryImageRows(),
      directory,
    });
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const anImage = async (text: string) =>
    testImage([await tarOf([{ name: "hello", content: text }])]);
  const put = (name: string, bytes: Uint8Array): string => {
    const path = join(directory, name);
    writeFileSync(path, bytes);
    return path;
  };
  const find = async (name: string) =>
    (await images.list(signal)).find(({ names }) => names.includes(name));

  test(
    "takes in both kinds of archives, and gives them back",
    async () => {
      const [one, two] = [await anImage("one"), await anImage("two")];
      const oci = put("oci.tar", Bun.gzipSync(Buffer.from(await ociArchive(one, "a.test/oci:1"))));
      const docker = put("docker.tar", await dockerArchive(two, { names: ["a.test/docker:1"] }));
      expect(await images.import({ name: oci, path: oci }, signal)).toEqual(["a.test/oci:1"]);
      expect(await images.import({ name: docker, path: docker }, signal)).toEqual([
        "a.test/docker:1",
      ]);
      expect((await find("a.test/oci:1"))?.id).toBe(sha256(one.config));
      const saved = await images.save(["a.test/oci:1", "a.test/docker:1"], signal);
      const again = put("again.tar", await Bun.readableStreamToBytes(saved));
      await images.pin("a.test/oci:1", true, signal);
      expect((await find("a.test/oci:1"))?.pinned).toBe(true);
      for (const name of ["a.test/oci:1", "a.test/docker:1"]) await images.remove(name, signal);
      expect(await find("a.test/oci:1")).toBeUndefined();
      await images.import({ name: again, path: again }, signal);
      expect(await find("a.test/oci:1")).toMatchObject({ id: sha256(one.config), pinned: false });
      expect(await find("a.test/docker:1")).toMatchObject({ id: sha256(two.config) });
      expect(readdirSync(directory).filter((name) => name.startsWith("archive-"))).toEqual([]);
    },
    TEST_MS,
  );

  test(
    "takes in what is packed by zstd, which engines before Docker 23 do not know",
    async () => {
      const [one, two] = [await anImage("layer by zstd"), await anImage("archive by zstd")];
      const zstd = (bytes: Buffer) => Bun.zstdCompressSync(Buffer.from(bytes));
      const oci = put("oci-zstd.tar", await ociArchive(one, "a.test/zstd:1", zstd));
      const whole = zstd(await dockerArchive(two, { names: ["a.test/zstd:2"] }));
      const docker = put("docker-zstd.tar", whole);
      for (const path of [oci, docker]) await images.import({ name: path, path }, signal);
      expect((await find("a.test/zstd:1"))?.id).toBe(sha256(one.config));
      expect((await find("a.test/zstd:2"))?.id).toBe(sha256(two.config));
    },
    TEST_MS,
  );

  test(
    "fetches by itself what registries.yaml says something of",
    async () => {
      await using registry = new TestRegistry({ auth: "token" });
      const image = await anImage("pulled");
      registry.add("cached/app:1", blobsOf(image));
      const file = `
mirrors: { a.test: { endpoint: ["http://${registry.host}"], rewrite: { "^": "cached/" } } }
configs: { "${registry.host}": { auth: { username: me, password: secret } } }
`;
      writeFileSync(join(directory, "registries.yaml"), file);
      const parts = new Set<string>();
      const onProgress = ({ part }: { part: string }) => parts.add(part);
      const pulled = await images.pull("a.test/app:1", { onProgress }, signal);
      expect(pulled.id).toBe(sha256(image.config));
      expect(parts.size).toBe(1);
      expect((await find("a.test/app:1"))?.id).toBe(pulled.id);
    },
    TEST_MS,
  );

  test(
    "gives one clear reason for what it cannot do",
    async () => {
      const passwd = put("text.tar", Buffer.from("hello"));
      const cases: [() => Promise<unknown>, string][] = [
        [
          () => images.import({ name: passwd, path: passwd }, signal),
          `Cannot import ${passwd}: it is no whole archive`,
        ],
        [() => images.remove("a.test/none:1", signal), "There is no image a.test/none:1 here"],
        [() => images.save(["a.test/none:1"], signal), "There is no image a.test/none:1 here"],
        [() => images.pull("A B", {}, signal), '"A B" is not the name of an image'],
        [() => images.pull("127.0.0.1:1/x:1", {}, signal), "Cannot pull 127.0.0.1:1/x:1: Get "],
      ];
      for (const [work, reason] of cases) expect(await work().catch(String)).toContain(reason);
    },
    TEST_MS,
  );
});
