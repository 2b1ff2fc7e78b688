import { SystemCallError } from "../libc.ts";
import type { Verdict } from "./message.ts";

/** The kernel refused a request. `code` is errno's name, `detail` the kernel's explanation. */
export class NetlinkError extends SystemCallError {
  override readonly name = "NetlinkError";
  readonly detail: string | undefined;

  constructor({ what, errno, detail }: Verdict & { readonly what: string }) {
    super(what, errno);
    this.detail = detail;
    if (detail !== undefined) this.message += ` (${detail})`;
  }
}
