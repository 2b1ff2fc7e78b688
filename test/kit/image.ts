import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { output } from "./process.ts";

const BUSYBOX = "/bin/busybox";

/**
 * Makes an image from Debian's busybox-static and gives it a name: no registry is reachable where
 * tests run.
 */
export async function importBusybox(name: string, engine: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "edgesite-image-"));
  try {
    for (const folder of ["bin", "etc", "tmp", "proc", "sys", "dev", "root"])
      mkdirSync(join(root, folder));
    copyFileSync(BUSYBOX, join(root, "bin/busybox"));
    chmodSync(join(root, "tmp"), 0o1777);
    const applets = (await output([BUSYBOX, "--list"]))
      .split("\n")
      .filter((applet) => applet !== "");
    for (const applet of applets) {
      if (applet !== "busybox") symlinkSync("busybox", join(root, "bin", applet));
    }
    writeFileSync(
      join(root, "etc/passwd"),
      "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    );
    writeFileSync(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
    const archive = join(root, "..", `${root.split("/").at(-1)}.tar`);
    await output(["tar", "-C", root, "-cf", archive, "."]);
    const change = ["--change", 'CMD ["sh"]', "--change", "ENV PATH=/bin"];
    await output(["docker", "-H", engine, "import", ...change, archive, name]);
    rmSync(archive);
  } finally {
    rmSync(root, { recursive: true });
  }
}
