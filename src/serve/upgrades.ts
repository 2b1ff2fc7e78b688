import type { NodeStreams } from "#api/node-streams.ts";
import { unauthorized, unknownResource } from "#api/status.ts";
import type { Logger } from "#lib/log.ts";
import type { Connection } from "./api-options.ts";
import type { RequestAudit } from "./audit/request-audit.ts";
import { noted } from "./audit/stages.ts";
import type { Asking, Calls } from "./calls.ts";
import { statusOf } from "./error-response.ts";
import { streamOf } from "./pod-streams.ts";
import type { RemoteApis } from "./remote-apis.ts";
import { isStream } from "./request-path.ts";
import { type Router, verbOf } from "./router.ts";
import type { StreamCall } from "./stream-call.ts";
import type { Upgrade } from "./streams/stream-socket.ts";

interface UpgradesOptions {
  readonly calls: Calls;
  readonly router: Router;
  readonly remote: RemoteApis;
  readonly nodeStreams: NodeStreams;
  readonly log: Logger;
}

/** Requests for another protocol, which arrive outside the server on a raw socket. */
export class Upgrades {
  readonly #options: UpgradesOptions;

  constructor(options: UpgradesOptions) {
    this.#options = options;
  }

  /** See `Api.resolveStream`. */
  async resolveStream(request: Request, connection: Connection): Promise<StreamCall> {
    const { calls, nodeStreams } = this.#options;
    return await this.#recorded(request, connection, async (asking) => {
      const open = calls.open(request, { ...asking, connection });
      if (open === undefined || !isStream(open.call.path)) throw unknownResource();
      verbOf(open.call);
      const stream = await streamOf(open.call);
      return { request, stream, streams: nodeStreams, audit: asking.audit };
    });
  }

  /** See `Api.upgradeProxied`. */
  async upgradeProxied(
    request: Request,
    connection: Connection,
  ): Promise<Upgrade | Response | undefined> {
    const { calls, router, remote } = this.#options;
    const url = new URL(request.url);
    const isRemote = remote.has(url);
    if (!isRemote && !calls.isProxied(url)) return undefined;
    return await this.#recorded(request, connection, async (asking) => {
      const { user, audit } = asking;
      if (isRemote) {
        calls.authorizeRemote(request, asking);
        const { stopping } = connection;
        return noted(await remote.upgrade(request, { user, stopping }), audit);
      }
      const open = calls.open(request, { ...asking, connection });
      const upgrade = open && (await router.upgradeProxied(open.call));
      return upgrade && noted(upgrade, audit);
    });
  }

  async #recorded<T>(
    request: Request,
    connection: Connection,
    answer: (asking: Asking) => Promise<T>,
  ): Promise<T> {
    const { calls, log } = this.#options;
    let audit: RequestAudit | undefined;
    try {
      const sender = calls.senderOf(request, connection);
      audit = calls.record(request, { sender, address: connection.address });
      if (sender.user === undefined) throw unauthorized();
      const user = calls.userOf(request, sender.user, audit);
      return await answer({ url: new URL(request.url), user, audit });
    } catch (error) {
      if (audit) {
        const status = statusOf(error, log);
        audit.settled(status);
        audit.complete(status.code ?? 500);
      }
      throw error;
    }
  }
}
