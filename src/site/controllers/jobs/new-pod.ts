import { type Container, type Job, nameOf, type PodTemplateSpec } from "#api/object.ts";
import type { NewPod } from "./indexed.ts";
import { INDEX, INDEX_FAILURES } from "./indexes.ts";

const INDEX_VARIABLE = "JOB_COMPLETION_INDEX";
/** What leaves room for the random end of a name. */
const MAX_PREFIX = 58;

/** The template of a Job's next pod, and what its name begins with where that says the index. */
export function templateOf(
  job: Job,
  { index, failures }: NewPod,
): { readonly template: PodTemplateSpec; readonly prefix?: string } {
  const template: PodTemplateSpec = job.spec?.template ?? {};
  if (index === undefined) return { template };
  const name = nameOf(job);
  const { metadata, spec } = template;
  const own = { [INDEX]: String(index) };
  const end = `-${index}-`;
  return {
    prefix: `${name.slice(0, MAX_PREFIX - end.length)}${end}`,
    template: {
      metadata: {
        ...metadata,
        labels: { ...metadata?.labels, ...own },
        annotations: {
          ...metadata?.annotations,
          ...own,
          ...(failures !== undefined && { [INDEX_FAILURES]: String(failures) }),
        },
      },
      ...(spec && {
        spec: {
          ...spec,
          hostname: `${name}-${index}`,
          containers: spec.containers.map(told),
          ...(spec.initContainers && { initContainers: spec.initContainers.map(told) }),
        },
      }),
    },
  };
}

/** The container with its index in the environment, unless it has something by that name. */
function told<C extends Container>(container: C): C {
  const env = container.env ?? [];
  if (env.some(({ name }) => name === INDEX_VARIABLE)) return container;
  const valueFrom = { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } };
  return { ...container, env: [...env, { name: INDEX_VARIABLE, valueFrom }] };
}
