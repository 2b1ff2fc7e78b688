const VERSION = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;
const STABILITY = ["alpha", "beta", undefined];

/**
 * Orders versions as Kubernetes prefers them (`version.CompareKubeAwareVersionStrings`, turned
 * around): v10, v2, v1, v11beta2, v3beta1, v12alpha1, then all that have another form by name.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [VERSION.exec(a), VERSION.exec(b)];
  if (left === null || right === null) {
    if (left !== null) return -1;
    if (right !== null) return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  const stability = STABILITY.indexOf(right[2]) - STABILITY.indexOf(left[2]);
  const major = Number(right[1]) - Number(left[1]);
  return stability || major || Number(right[3] ?? 0) - Number(left[3] ?? 0);
}
