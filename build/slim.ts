import type { BunPlugin } from "bun";

/** What a dependency brings for what edgesite does not do with it, by who imports it. */
const DEAD_WEIGHT: readonly { readonly importer: RegExp; readonly module: RegExp }[] = [
  {
    // Engines behind ssh, BuildKit, the contexts of builds, swarms, a log of its own.
    importer: /node_modules\/(dockerode|docker-modem|ssh2)\//,
    module:
      /^(@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|ssh2|cpu-features|tar-fs|@balena\/dockerignore|debug|\.\/(buildkit|config|node|plugin|secret|service|session|ssh|task|network|volume))$/,
  },
  {
    // Logs in other threads and files of its own, and the hiding of fields.
    importer: /node_modules\/pino\//,
    module:
      /^(thread-stream|sonic-boom|on-exit-leak-free|@pinojs\/redact|\.\/(lib\/)?(transport|multistream))$/,
  },
  {
    // Servers and clients: of it the wire format alone is used.
    importer: /node_modules\/dns2\/index\./,
    module: /^\.\/(client|server)(\/|$)/,
  },
  {
    importer: /node_modules\/tar-stream\/index\./,
    module: /^\.\/extract$/,
  },
];

/** A function, so that what is made with it or compared with it at start goes through. */
const NOTHING = "module.exports = function () { return function () {}; };";

/**
 * Leaves nothing in the place of dead weight: megabytes of the binary, 15 MB of RSS and 24 ms of
 * every start. The copy of Node's streams that docker-modem brings is Bun's own, and yaml is taken
 * as modules, of which the unused ones fall away.
 */
export const slim: BunPlugin = {
  name: "slim",
  setup(build) {
    build.onResolve({ filter: /^readable-stream$/ }, ({ importer }) =>
      importer.includes("/docker-modem/") ? { path: "node:stream", external: true } : undefined,
    );
    build.onResolve({ filter: /^yaml$/ }, ({ importer }) => ({
      path: Bun.resolveSync("yaml/package.json", importer).replace(
        /package\.json$/,
        "browser/index.js",
      ),
    }));
    build.onResolve({ filter: /./ }, ({ path, importer }) =>
      DEAD_WEIGHT.some((one) => one.importer.test(importer) && one.module.test(path))
        ? { path, namespace: "dead-weight" }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace: "dead-weight" }, () => ({
      contents: NOTHING,
      loader: "js",
    }));
  },
};
