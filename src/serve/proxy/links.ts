/** Attributes that hold a URL, by element (apimachinery `atomsToAttrs`). */
const LINKS: Readonly<Record<string, readonly string[]>> = {
  a: ["href"],
  applet: ["codebase"],
  area: ["href"],
  audio: ["src"],
  base: ["href"],
  blockquote: ["cite"],
  body: ["background"],
  button: ["formaction"],
  command: ["icon"],
  del: ["cite"],
  embed: ["src"],
  form: ["action"],
  frame: ["longdesc", "src"],
  head: ["profile"],
  html: ["manifest"],
  iframe: ["longdesc", "src"],
  img: ["longdesc", "src", "usemap"],
  input: ["src", "usemap", "formaction"],
  ins: ["cite"],
  link: ["href"],
  object: ["classid", "codebase", "data", "usemap"],
  q: ["cite"],
  script: ["src"],
  source: ["src"],
  video: ["poster", "src"],
};

/** Where an answer came from, and by which path its clients know it. */
export interface Origin {
  /** The hosts, with ports, that it may call itself by. */
  readonly hosts: readonly string[];
  /** Path of its root, without a slash at the end. */
  readonly prefix: string;
}

/**
 * A link as a client can follow it: one to the origin itself leads below its prefix; one that is
 * relative, or leads elsewhere, is as it was.
 */
export function rewrittenLink(link: string, { hosts, prefix }: Origin): string {
  const [, authority, path = ""] = /^(?:https?:)?\/\/([^/?#]*)(.*)$/i.exec(link) ?? [];
  if (authority !== undefined && !hosts.includes(authority)) return link;
  const rest = authority === undefined ? link : path;
  if (!rest.startsWith("/")) return link;
  return rest === prefix || rest.startsWith(`${prefix}/`) ? rest : `${prefix}${rest}`;
}

/** A page whose links are rewritten as it passes. */
export function rewrittenPage(page: Response, origin: Origin): Response {
  const rewriter = new HTMLRewriter();
  for (const [element, attributes] of Object.entries(LINKS)) {
    rewriter.on(element, {
      element(found) {
        for (const name of attributes) {
          const link = found.getAttribute(name);
          if (link !== null) found.setAttribute(name, rewrittenLink(link.trim(), origin));
        }
      },
    });
  }
  return rewriter.transform(page);
}
