import type { SeccompArgument } from "./profile.ts";
import type { Abi } from "./syscall-table.ts";

/** The calls that go through socketcall(2), by its first argument (linux/net.h). */
const SOCKET_CALLS: Readonly<Record<string, number>> = {
  socket: 1,
  bind: 2,
  connect: 3,
  listen: 4,
  accept: 5,
  getsockname: 6,
  getpeername: 7,
  socketpair: 8,
  send: 9,
  recv: 10,
  sendto: 11,
  recvfrom: 12,
  shutdown: 13,
  setsockopt: 14,
  getsockopt: 15,
  sendmsg: 16,
  recvmsg: 17,
  accept4: 18,
  recvmmsg: 19,
  sendmmsg: 20,
};

/** Those that go through ipc(2) (linux/ipc.h). */
const IPC_CALLS: Readonly<Record<string, number>> = {
  semop: 1,
  semget: 2,
  semctl: 3,
  semtimedop: 4,
  msgsnd: 11,
  msgrcv: 12,
  msgget: 13,
  msgctl: 14,
  shmat: 21,
  shmdt: 22,
  shmget: 23,
  shmctl: 24,
};

/**
 * The other way to make a call: i386 has calls for sockets and IPC inside of two others, where
 * their own arguments cannot be seen.
 */
export function multiplexed(
  abi: Abi,
  name: string,
): { readonly name: string; readonly argument: SeccompArgument } | undefined {
  if (abi !== "i386") return undefined;
  const socket = SOCKET_CALLS[name];
  if (socket !== undefined) return { name: "socketcall", argument: equals(socket) };
  const ipc = IPC_CALLS[name];
  return ipc === undefined ? undefined : { name: "ipc", argument: equals(ipc) };
}

function equals(value: number): SeccompArgument {
  return { index: 0, op: "SCMP_CMP_EQ", value: BigInt(value), valueTwo: 0n };
}
