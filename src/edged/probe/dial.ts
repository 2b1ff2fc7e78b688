import { connect } from "node:net";
import { explain } from "#lib/errors.ts";

/** How a probe or a hook ended, with words for the event. */
export interface DialResult {
  readonly success: boolean;
  readonly message: string;
}

export interface HttpTarget {
  readonly url: URL;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

/** kubelet shows no more than this of an answer. */
const MAX_BODY_CHARS = 10 * 1024;

/** GETs a URL; 2xx and 3xx are success, certificates are not checked. */
export async function dialHttp(
  { url, headers }: HttpTarget,
  signal: AbortSignal,
): Promise<DialResult> {
  const all = new Headers({ "User-Agent": "kube-probe/1.36", Accept: "*/*", Connection: "close" });
  for (const { name, value } of headers) all.append(name, value);
  try {
    const response = await fetch(url, {
      headers: all,
      redirect: "manual",
      keepalive: false,
      signal,
      tls: { rejectUnauthorized: false },
    });
    const body = (await response.text()).slice(0, MAX_BODY_CHARS);
    const success = response.status >= 200 && response.status < 400;
    return {
      success,
      message: success ? body : `HTTP probe failed with statuscode: ${response.status}`,
    };
  } catch (error) {
    return { success: false, message: `Get "${url.href}": ${explain(error)}` };
  }
}

/** Opens a TCP connection and closes it again. */
export function dialTcp(
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<DialResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (result: DialResult): void => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      resolve(result);
    };
    const fail = (why: string): void =>
      finish({ success: false, message: `dial tcp ${host}:${port}: ${why}` });
    const onAbort = (): void => fail("i/o timeout");
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("connect", () => finish({ success: true, message: "" }));
    socket.on("error", (error) => fail(explain(error)));
    if (signal.aborted) onAbort();
  });
}
