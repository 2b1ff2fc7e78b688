/** The text that fills objects up: not one byte over and over. */
function filler(bytes: number): string {
  const unit = "The quick brown fox jumps over the lazy dog 0123456789. ";
  return unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes);
}

const OBJECT_BYTES = 2048;
/** What an object has beside its filling once the server has stored it. */
const CONFIG_MAP_BYTES = 200;
const POD_BYTES = 1200;
const text = filler(OBJECT_BYTES);

/** A ConfigMap of about 2 KB. */
export function configMap(name: string): string {
  const data = { text: text.slice(CONFIG_MAP_BYTES) };
  return JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
}

/** A Pod of about 2 KB as it is stored, that no scheduler takes. */
export function parkedPod(name: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, annotations: { text: text.slice(POD_BYTES) } },
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
