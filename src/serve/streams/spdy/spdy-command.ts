import type { ExecRequest } from "#api/node-streams.ts";
import { encodeStatus } from "../command-status.ts";
import { type RemoteCommand, runCommand } from "../remote-command.ts";
import type { StartSession } from "../stream-socket.ts";
import { SpdySession } from "./spdy-session.ts";
import type { SpdyStream } from "./spdy-stream.ts";

/** `X-Stream-Protocol-Version` of exec and attach, the best first. v5 adds nothing on SPDY. */
export const COMMAND_PROTOCOLS = [
  "v4.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
] as const;

export type CommandProtocol = (typeof COMMAND_PROTOCOLS)[number];

/** How long a client may take to open the streams that it asked for (kubelet: 30 s). */
const STREAMS_TIMEOUT_MS = 30_000;

/** Exec or attach over SPDY: one stream for each thing that the query asked for, and the status. */
export function spdyCommand(command: RemoteCommand, protocol: CommandProtocol): StartSession {
  const { request, log } = command;
  const expected = expectedStreams(request, protocol);
  return (socket) => {
    const gone = new AbortController();
    const streams = new Map<string, SpdyStream>();
    const session = new SpdySession(socket, {
      log,
      maxStreams: expected.size,
      accept: ({ streamtype = "" }) => expected.has(streamtype) && !streams.has(streamtype),
      opened: (stream) => {
        streams.set(stream.headers["streamtype"] ?? "", stream);
        if (streams.size < expected.size) return;
        clearTimeout(timeout);
        void converse(command, streams, {
          structured: protocol === "v4.channel.k8s.io",
          signal: gone.signal,
        }).then(() => session.end());
      },
      closed: () => {
        clearTimeout(timeout);
        gone.abort(new Error("The client is gone"));
      },
    });
    const timeout = setTimeout(() => {
      log.debug("A client never opened the streams of its command.", { pod: request.pod });
      session.end();
    }, STREAMS_TIMEOUT_MS);
    return session;
  };
}

function expectedStreams(request: ExecRequest, protocol: CommandProtocol): ReadonlySet<string> {
  const resizes = protocol === "v4.channel.k8s.io" || protocol === "v3.channel.k8s.io";
  const expected = new Set(["error"]);
  if (request.stdin) expected.add("stdin");
  if (request.stdout) expected.add("stdout");
  if (request.stderr) expected.add("stderr");
  if (request.tty && resizes) expected.add("resize");
  return expected;
}

/** Runs the command on its streams and says how it ended. Never rejects. */
async function converse(
  command: RemoteCommand,
  streams: ReadonlyMap<string, SpdyStream>,
  { structured, signal }: { structured: boolean; signal: AbortSignal },
): Promise<void> {
  const stdin = streams.get("stdin");
  const stdout = streams.get("stdout");
  const stderr = streams.get("stderr");
  const resize = streams.get("resize");
  const status = await runCommand(
    command,
    {
      ...(stdin && { stdin: stdin.readable }),
      ...(stdout && { stdout: stdout.writable }),
      ...(stderr && { stderr: stderr.writable }),
      ...(resize && { resize: resize.readable }),
    },
    signal,
  );
  await Promise.all([
    finish(streams.get("error"), encodeStatus(status, structured)),
    finish(stdout),
    finish(stderr),
  ]);
}

/** Writes the last bytes of a stream and closes our side of it, unless it is closed or gone. */
async function finish(stream: SpdyStream | undefined, bytes?: Uint8Array): Promise<void> {
  if (!stream || stream.writable.locked) return;
  const writer = stream.writable.getWriter();
  try {
    if (bytes && bytes.length > 0) await writer.write(bytes);
    await writer.close();
  } catch {
    // Closed already, or the client is gone: there is nobody to tell.
  }
}
