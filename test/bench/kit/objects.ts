const OBJECT_BYTES = 2048;
/** What an object has beside its filling once the server has stored it. */
const CONFIG_MAP_BYTES = 200;
const POD_BYTES = 1200;
const VARIANTS = 64;
const WORDS = "edge node pod site mesh bus twin card disk wire leaf root ring hub door key".split(
  " ",
);

/** Texts of words by chance, the same in every run: about as compressible as configuration is. */
const TEXTS: readonly string[] = Array.from({ length: VARIANTS }, (_, seed) => {
  let state = seed + 1;
  let text = "";
  while (text.length < OBJECT_BYTES) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    text += `${WORDS[(state >>> 16) % WORDS.length]}-${(state >>> 8) % 100} `;
  }
  return text.slice(0, OBJECT_BYTES);
});

/** A text that is chosen by a name. */
function textFor(name: string, bytes: number): string {
  return (TEXTS[Bun.hash.crc32(name) % VARIANTS] ?? "").slice(0, bytes);
}

/** A ConfigMap of about 2 KB. */
export function configMap(name: string): string {
  const data = { text: textFor(name, OBJECT_BYTES - CONFIG_MAP_BYTES) };
  return JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
}

/** A Pod of about 2 KB as it is stored, that no scheduler takes. */
export function parkedPod(name: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, annotations: { text: textFor(name, OBJECT_BYTES - POD_BYTES) } },
    spec: { schedulerName: "nobody", containers: [{ name: "app", image: "busybox:1.36" }] },
  });
}

/** A Pod that runs at once where the image is present. */
export function runningPod(name: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "app", image: "busybox:1.36", command: ["sleep", "1000000"] }],
    },
  });
}
