import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { busyboxArchive, IMAGES } from "./image.ts";
import type { SuiteRuntime } from "./suite-runtime.ts";

/** Pods without an engine; a site takes in the tests' images from archives. */
export class NativeSuite implements SuiteRuntime, Disposable {
  readonly env = { EDGESITE_RUNTIME_NAME: "native" };
  readonly #directory = mkdtempSync(join(tmpdir(), "edgesite-archives-"));

  static async create(): Promise<NativeSuite> {
    const suite = new NativeSuite();
    for (const [index, name] of IMAGES.entries()) {
      writeFileSync(join(suite.#directory, `${index}.tar`), await busyboxArchive(name));
    }
    return suite;
  }

  prepare(dataDir: string): void {
    const images = join(dataDir, "images");
    mkdirSync(images, { mode: 0o700 });
    for (const name of readdirSync(this.#directory)) {
      copyFileSync(join(this.#directory, name), join(images, name));
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true });
  }
}
