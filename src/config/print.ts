import { stringify } from "yaml";
import { FIELDS } from "./edgesite-config.ts";
import { eachField, variableOf } from "./load.ts";
import type { Fields } from "./options.ts";

/** KubeEdge's own heads (pkg/util/flag/flags.go), word for word. */
const MIN_HEAD = `# With --minconfig , you can easily used this configurations as reference.
# It's useful to users who are new to KubeEdge, and you can modify/create your own configs accordingly. 
# This configuration is suitable for beginners.

`;
const DEFAULT_HEAD = `# With --defaultconfig flag, users can easily get a default full config file as reference, with all fields (and field descriptions) included and default values set. 
# Users can modify/create their own configs accordingly as reference. 
# Because it is a full configuration, it is more suitable for advanced users.

`;

/** The fields that most people set, as a file. */
export function minConfig(): string {
  return `${MIN_HEAD}${render(FIELDS, { essentialOnly: true, indent: "" })}\n\n`;
}

/** All fields with their texts and defaults, as a file. */
export function defaultConfig(): string {
  return `${DEFAULT_HEAD}${render(FIELDS, { essentialOnly: false, indent: "" })}\n\n`;
}

/** docs/config.md */
export function configReference(): string {
  const rows: string[] = [];
  eachField(FIELDS, (path, field) => {
    if (field.kind === "group") return;
    const flag = field.flag === undefined ? "" : `\`${field.flag}\``;
    const value = JSON.stringify(field.default);
    rows.push(
      `| \`${path}\` | ${field.text} | ${field.rule} | \`${value}\` | \`${variableOf(path)}\` | ${flag} |`,
    );
  });
  return `# Configuration

\`edgesite start --config FILE\` reads this format; without \`--config\` it reads \`/etc/edgesite/edgesite.yaml\`
where that exists. A flag wins over its environment variable, that over the file, that over the default.
A file of KubeEdge's EdgeSite (v1alpha1, v1.2 to v1.6) loads; its fields about an external API server,
database or kubelet are read and left alone.

| field | what it is | must be | default | variable | flag |
|---|---|---|---|---|---|
${rows.join("\n")}
`;
}

interface Rendering {
  readonly essentialOnly: boolean;
  readonly indent: string;
}

function render(fields: Fields, { essentialOnly, indent }: Rendering): string {
  const lines: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    if (field.kind === "option") {
      if (essentialOnly && !field.essential) continue;
      const value = stringify(field.default, { defaultStringType: "PLAIN" }).trim();
      lines.push(`${indent}# ${field.text}`, `${indent}${name}: ${value}`);
    } else {
      const inner = render(field.fields, { essentialOnly, indent: `${indent}  ` });
      if (inner !== "") lines.push(`${indent}# ${field.text}`, `${indent}${name}:`, inner);
    }
  }
  return lines.join("\n");
}
