// What the gate needs of other releases and architectures: an old kubectl, a bare root with musl, the
// C library of the other architecture for qemu, a kernel for a machine that has nothing else. All of it
// lies in .cache/foreign; none is installed.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { aptInstall, outputOf, Refusal, root, run } from "./host.mjs";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** The first Debian with musl ≥ 1.2.4: today's Alpine libraries need its DT_RELR. */
const MUSL_SUITE = "trixie";
const SUITE = "bookworm";

const MACHINES = {
  x64: { debian: "amd64", gnu: "x86_64" },
  arm64: { debian: "arm64", gnu: "aarch64" },
};

const own = MACHINES[process.arch];
const other = MACHINES[process.arch === "x64" ? "arm64" : "x64"];

/** Debian's kubectl 1.20, beside whatever kubectl the machine has. */
export function prepareKubectl() {
  fetchOnce("kubectl", (folder) => {
    const unpacked = `${folder}-package`;
    unpackDebian({ name: "kubernetes-client", architecture: own.debian, folder: unpacked });
    cpSync(join(unpacked, "usr", "bin", "kubectl"), join(folder, "kubectl-1.20"));
  });
}

/** A bare root with musl, and the C library of the other architecture. */
export function preparePlatforms() {
  aptInstall(["qemu-user"]);
  fetchOnce("musl", (folder) => makeMuslRoot(own, folder));
  fetchOnce("libc6", (folder) => {
    unpackDebian({ name: "libc6", architecture: other.debian, folder });
  });
}

/**
 * What bare machines of both processors are made of, and qemu to run them: Debian's kernel for virtual
 * machines, a C library, busybox. Beside them what loads AppArmor's profiles there, and what compiles SELinux' policies here.
 */
export function prepareBox() {
  aptInstall(["qemu-system-x86", "qemu-system-arm", "cpio", "e2fsprogs"]);
  for (const [arch, { debian }] of Object.entries(MACHINES)) {
    fetchOnce(`box-${arch}`, (folder) => unpackBox(debian, folder));
  }
  fetchOnce("confinement", (folder) => {
    unpackDebian({ name: "apparmor", architecture: MACHINES.x64.debian, folder });
    for (const name of ["secilc", "libsepol2"]) {
      unpackDebian({ name, architecture: own.debian, folder });
    }
  });
}

function unpackBox(architecture, folder) {
  // The kernel is named after its version; the package without one depends on the newest.
  unpackDebian({
    name: `linux-image-cloud-${architecture}`,
    dependency: true,
    architecture,
    folder,
  });
  for (const name of ["libc6", "busybox-static"]) unpackDebian({ name, architecture, folder });
  for (const version of readdirSync(join(folder, "lib", "modules"))) {
    run("busybox", ["depmod", "-b", folder, version]);
  }
}

/** A folder below .cache/foreign is whole or it is not there. */
function fetchOnce(name, make) {
  const folder = join(root, ".cache", "foreign", name);
  if (existsSync(folder)) return;
  const work = mkdtempSync(join(tmpdir(), "edgesite-foreign-"));
  try {
    console.log(`Fetching ${name}`);
    const made = join(work, "root");
    mkdirSync(made);
    make(made);
    mkdirSync(dirname(folder), { recursive: true });
    cpSync(made, `${folder}.new`, { recursive: true, verbatimSymlinks: true });
    renameSync(`${folder}.new`, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What Alpine Linux has at these paths, and nothing else. */
function makeMuslRoot({ debian, gnu }, folder) {
  const parts = join(dirname(folder), "parts");
  unpackDebian({ name: "musl", suite: MUSL_SUITE, architecture: debian, folder: parts });
  const loader = join(folder, "lib", `ld-musl-${gnu}.so.1`);
  const libraries = join(folder, "usr", "lib");
  for (const path of [dirname(loader), libraries]) mkdirSync(path, { recursive: true });
  for (const path of ["proc", "tmp"]) mkdirSync(join(folder, path));
  cpSync(join(parts, "usr", "lib", `${gnu}-linux-musl`, "libc.so"), loader);
  const wheel = unpackWheel(gnu, dirname(folder));
  for (const name of readdirSync(wheel)) {
    cpSync(join(wheel, name), join(libraries, name));
    const [, plain] = /^(libstdc\+\+|libgcc_s)-.*$/.exec(name) ?? [];
    if (plain === "libstdc++") symlinkSync(name, join(libraries, "libstdc++.so.6"));
    if (plain === "libgcc_s") symlinkSync(name, join(libraries, "libgcc_s.so.1"));
  }
}

/** The folder of the shared libraries that the wheel bundles. */
function unpackWheel(gnu, work) {
  if (!outputOf("python3", ["-m", "pip", "--version"])) aptInstall(["python3-pip"]);
  const quiet = { stdio: ["ignore", "ignore", "inherit"] };
  const wanted = ["--platform", `musllinux_1_2_${gnu}`, "--python-version", "3.11"];
  const pinned = ["-r", "build/foreign-wheel.txt", "--no-deps", "--only-binary=:all:"];
  const download = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check"];
  run("python3", [...download, ...wanted, ...pinned, "--dest", work], quiet);
  const [wheel] = readdirSync(work).filter((name) => name.endsWith(".whl"));
  run("python3", ["-m", "zipfile", "-e", join(work, wheel), join(work, "wheel")], quiet);
  return join(work, "wheel", "contourpy.libs");
}

/**
 * Unpacks a Debian package of any release and architecture, or the one that it depends on; apt checks
 * its signature.
 */
function unpackDebian({ name, dependency = false, suite = SUITE, architecture, folder }) {
  const apt = mkdtempSync(join(dirname(folder), "apt-"));
  const sources = join(apt, "sources.list");
  const line = `deb [arch=${architecture} signed-by=${KEYRING}] http://deb.debian.org/debian ${suite} main\n`;
  writeFileSync(sources, line);
  writeFileSync(join(apt, "status"), "");
  for (const path of ["lists", "archives"]) {
    mkdirSync(join(apt, path, "partial"), { recursive: true });
  }
  const settings = {
    "APT::Architecture": architecture,
    "APT::Architectures::": architecture,
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Dir::Etc::sourcelist": sources,
    "Dir::Etc::sourceparts": "-",
    "Dir::State::lists": join(apt, "lists"),
    "Dir::State::status": join(apt, "status"),
    "Dir::Cache": apt,
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  const quiet = { cwd: apt, stdio: ["ignore", "ignore", "inherit"] };
  run("apt-get", ["-qq", ...options, "update"], quiet);
  const wanted = dependency ? dependencyOf(name, options) : name;
  run("apt-get", ["-qq", ...options, "download", wanted], quiet);
  const [archive] = readdirSync(apt).filter((file) => file.endsWith(".deb"));
  if (archive === undefined) throw new Refusal(`Cannot fetch ${name} of ${suite}`);
  run("dpkg", ["-x", join(apt, archive), folder], quiet);
}

function dependencyOf(name, options) {
  const text = outputOf("apt-cache", [...options, "depends", name]) ?? "";
  const [, dependency] = /^ *Depends: (\S+)$/m.exec(text) ?? [];
  if (dependency === undefined) throw new Refusal(`Cannot find what ${name} depends on`);
  return dependency;
}
