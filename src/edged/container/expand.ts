/**
 * Replaces `$(NAME)` by its value. An unknown name stays as it is written, `$$` is a dollar sign:
 * Kubernetes' third_party/forked/golang/expansion.
 */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? "$" : (lookUp(name) ?? whole),
  );
}
