import { Channels } from "./channels.ts";
import { encodeStatus } from "./command-status.ts";
import { ReadGate } from "./inbound.ts";
import { type RemoteCommand, runCommand } from "./remote-command.ts";
import type { StartSession } from "./stream-socket.ts";

/** A form of the channel protocol. */
export interface ChannelProtocol {
  /** 5 can end a channel, 4 has structured statuses, 3 and more can resize. */
  readonly version: number;
  readonly base64: boolean;
}

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, end: 255 } as const;
const NORMAL_CLOSURE = 1000;

/** Exec or attach over a WebSocket: streams are channels, the status comes on channel 3. */
export function channelCommand(command: RemoteCommand, protocol: ChannelProtocol): StartSession {
  return (socket) => {
    const gone = new AbortController();
    const channels = new Channels(socket, { base64: protocol.base64, gate: new ReadGate(socket) });
    void converse(command, channels, { version: protocol.version, signal: gone.signal }).then(() =>
      socket.end(NORMAL_CLOSURE),
    );
    return {
      received: (bytes) => {
        const message = channels.decode(bytes);
        if (!message) return;
        const [ended] = message.bytes;
        if (message.channel !== CHANNEL.end || protocol.version < 5) channels.deliver(message);
        else if (ended !== undefined) channels.endChannel(ended);
      },
      closed: () => {
        const reason = new Error("The client is gone");
        channels.fail(reason);
        gone.abort(reason);
      },
    };
  };
}

/** Runs the command on the channels and says how it ended. Never rejects. */
async function converse(
  command: RemoteCommand,
  channels: Channels,
  { version, signal }: { version: number; signal: AbortSignal },
): Promise<void> {
  const { stdin, stdout, stderr, tty } = command.request;
  const streams = {
    ...(stdin && { stdin: channels.readable(CHANNEL.stdin) }),
    ...(stdout && { stdout: channels.writable(CHANNEL.stdout) }),
    ...(stderr && { stderr: channels.writable(CHANNEL.stderr) }),
    ...(tty && version >= 3 && { resize: channels.readable(CHANNEL.resize) }),
  };
  // An empty message tells the client that the streams stand, as kubelet does it. Those that speak
  // v5 (kubectl 1.30 and later) need none, and complain of it where it comes before they look.
  if (version < 5) await channels.send(firstOutput(command.request), new Uint8Array());
  const status = await runCommand(command, streams, signal);
  const bytes = encodeStatus(status, version >= 4);
  if (bytes.length > 0) await channels.send(CHANNEL.error, bytes);
}

function firstOutput({ stdout, stderr }: RemoteCommand["request"]): number {
  if (stdout) return CHANNEL.stdout;
  return stderr ? CHANNEL.stderr : CHANNEL.error;
}
