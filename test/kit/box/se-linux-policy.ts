import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { output } from "../process.ts";

/** Debian's compiler of policies, as the gate unpacked it. */
const FOREIGN = resolve(".cache/foreign/confinement");
/** Its C library's name for this processor. */
const MACHINE = process.arch === "x64" ? "x86_64" : "aarch64";
/** What Debian's kernel 6.1 reads. */
const POLICY_VERSION = "33";

/** The kernel's first labels, in the order of its `initial_sid_to_string.h`. */
const FIRST = [
  ...["kernel", "security", "unlabeled", "fs", "file", "file_labels", "init", "any_socket"],
  ...["port", "netif", "netmsg", "node", "igmp_packet", "icmp_socket", "tcp_socket"],
  ...["sysctl_modprobe", "sysctl", "sysctl_fs", "sysctl_kernel", "sysctl_net"],
  ...["sysctl_net_unix", "sysctl_vm", "sysctl_dev", "kmod", "policy", "scmp_packet", "devnull"],
];
/** What else has labels: the kernel changes none of a class that the policy does not know. */
const OTHERS = ["lnk_file", "chr_file", "blk_file", "fifo_file", "sock_file"];
const CATEGORIES = Array.from({ length: 1024 }, (_, index) => `c${index}`);
const HOST = "(system_u object_r host_t (low low))";
const KERNEL = "(system_u object_r kernel_file_t (low low))";

/**
 * The part of container-selinux' policy that tells containers from the host and from each other: what
 * runs on the box (`kernel_t`) may do all, a container uses the files of containers (`container_file_t`)
 * that have no categories but its own, and reads the kernel's. In CIL; all else is allowed.
 */
const POLICY = `
(handleunknown allow)
(mls true)
(policycap nnp_nosuid_transition)
(class file (read write open create unlink entrypoint relabelfrom relabelto))
(class dir (read search write add_name remove_name create relabelfrom relabelto))
(class process (transition dyntransition))
(class process2 (nnp_transition nosuid_transition))
${OTHERS.map((name) => `(class ${name} (relabelto))`).join("\n")}
(classorder (file dir process process2 ${OTHERS.join(" ")}))
(sensitivity s0)
(sensitivityorder (s0))
${CATEGORIES.map((name) => `(category ${name})`).join("\n")}
(categoryorder (${CATEGORIES.join(" ")}))
(sensitivitycategory s0 (range c0 c1023))
(level low (s0))
(level high (s0 (range c0 c1023)))
(user system_u)
(role system_r)
(role object_r)
(userrole system_u system_r)
(userrole system_u object_r)
(userlevel system_u low)
(userrange system_u (low high))
(type kernel_t)
(type container_t)
(type other_t)
(type host_t)
(type kernel_file_t)
(type container_file_t)
(type container_ro_file_t)
(roletype system_r kernel_t)
(roletype system_r container_t)
(roletype system_r other_t)
(roletype object_r host_t)
(roletype object_r kernel_file_t)
(roletype object_r container_file_t)
(roletype object_r container_ro_file_t)
(typeattribute any)
(typeattributeset any (all))
(typeattribute container)
(typeattributeset container (container_t other_t))
(allow kernel_t any (file (all)))
(allow kernel_t any (dir (all)))
${OTHERS.map((name) => `(allow any any (${name} (all)))`).join("\n")}
(allow kernel_t container (process (transition)))
(allow kernel_t container (process2 (all)))
(allow container container_file_t (file (all)))
(allow container container_file_t (dir (all)))
(allow container container_ro_file_t (file (read open)))
(allow container container_ro_file_t (dir (read search)))
(allow container self (file (all)))
(allow container self (dir (all)))
(allow container kernel_file_t (file (read open)))
(allow container kernel_file_t (dir (read search)))
(mlsconstrain (file (read write open)) (or (dom h1 h2) (neq t1 container)))
(mlsconstrain (dir (read search write add_name)) (or (dom h1 h2) (neq t1 container)))
${FIRST.map((name) => `(sid ${name})`).join("\n")}
(sidorder (${FIRST.join(" ")}))
(sidcontext kernel (system_u system_r kernel_t (low high)))
${FIRST.slice(1)
  .map((name) => `(sidcontext ${name} ${HOST})`)
  .join("\n")}
(fsuse xattr ext4 ${HOST})
(fsuse xattr overlay ${HOST})
(fsuse trans tmpfs ${HOST})
(fsuse trans devtmpfs ${HOST})
(fsuse trans devpts ${HOST})
(fsuse trans mqueue ${HOST})
(fsuse task pipefs ${HOST})
(fsuse task sockfs ${HOST})
(genfscon proc "/" ${KERNEL})
(genfscon sysfs "/" ${KERNEL})
(genfscon cgroup2 "/" ${KERNEL})
(genfscon selinuxfs "/" ${HOST})
`;

/** Compiles the policy, and answers the path of what the kernel loads. */
export async function compilePolicy(folder: string): Promise<string> {
  const source = join(folder, "policy.cil");
  const policy = join(folder, "policy");
  writeFileSync(source, POLICY);
  const options = [
    "-c",
    POLICY_VERSION,
    "-M",
    "true",
    "-o",
    policy,
    "-f",
    join(folder, "contexts"),
  ];
  const env = { LD_LIBRARY_PATH: join(FOREIGN, "lib", `${MACHINE}-linux-gnu`) };
  await output([join(FOREIGN, "usr/bin/secilc"), ...options, source], { env });
  return policy;
}
