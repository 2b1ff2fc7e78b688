import { expect, test } from "bun:test";
import { output } from "#test/kit/process.ts";

test("a mesh without privilege says so, gets out of the way, and stops cleanly", async () => {
  const unprivileged = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];
  const script = Bun.fileURLToPath(new URL("../kit/mesh-without-privilege.ts", import.meta.url));
  const command = ["unshare", "--net", ...unprivileged, process.execPath, script];
  const status: unknown = JSON.parse(await output(command, { timeoutMs: 10_000 }));
  expect(status).toMatchObject({ ready: false, listeners: [] });
  expect(JSON.stringify(status)).toContain("needs root (CAP_NET_ADMIN)");
}, 15_000);
