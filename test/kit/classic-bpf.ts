/** A system call as a filter sees it (`struct seccomp_data`). */
export interface FilteredCall {
  /** AUDIT_ARCH_* */
  readonly architecture: number;
  readonly number: number;
  readonly args: readonly bigint[];
}

/**
 * What a seccomp filter answers, by the kernel's rules for classic BPF (bpf_check_classic,
 * seccomp_check_filter): an instruction that the kernel would refuse is an error here.
 */
export function runFilter(filter: Uint8Array, call: FilteredCall): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.number >>> 0, 0);
  data.writeUInt32LE(call.architecture >>> 0, 4);
  for (const [index, value] of call.args.entries()) data.writeBigUInt64LE(value, 16 + 8 * index);
  const code = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  let accumulator = 0;
  for (let at = 0; ; at += 8) {
    if (at >= filter.length) throw new RangeError("The filter ends without an answer");
    const opcode = code.getUint16(at, true);
    const [jt, jf] = [code.getUint8(at + 2), code.getUint8(at + 3)];
    const k = code.getUint32(at + 4, true);
    const jump = (holds: boolean): void => {
      at += 8 * (holds ? jt : jf);
    };
    switch (opcode) {
      case 0x20: // BPF_LD | BPF_W | BPF_ABS
        if (k % 4 !== 0) throw new RangeError("Only whole words can be loaded");
        accumulator = data.readUInt32LE(k);
        break;
      case 0x54: // BPF_ALU | BPF_AND | BPF_K
        accumulator = (accumulator & k) >>> 0;
        break;
      case 0x05: // BPF_JMP | BPF_JA
        at += 8 * k;
        break;
      case 0x15: // BPF_JEQ
        jump(accumulator === k);
        break;
      case 0x25: // BPF_JGT
        jump(accumulator > k);
        break;
      case 0x35: // BPF_JGE
        jump(accumulator >= k);
        break;
      case 0x06: // BPF_RET | BPF_K
        return k;
      default:
        throw new RangeError(`The instruction ${opcode} is not expected`);
    }
  }
}
