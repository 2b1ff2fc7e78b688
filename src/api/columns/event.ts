import { age } from "../duration-text.ts";
import type { Event } from "../object.ts";
import type { Column } from "../resource.ts";
import { NAME, text, wide } from "./column.ts";

function firstSeen({ firstTimestamp, eventTime }: Event, now: Date): string {
  return age(firstTimestamp || eventTime, now);
}

function lastSeen(event: Event, now: Date): string {
  const { series, lastTimestamp } = event;
  if (series) return age(series.lastObservedTime, now);
  return lastTimestamp ? age(lastTimestamp, now) : firstSeen(event, now);
}

const countOf = ({ series, count }: Event) => (series ? (series.count ?? 0) : count || 1);

function sourceOf({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || "";
  const host = source?.host || reportingInstance || "";
  return host === "" ? component : `${component}, ${host}`;
}

function subjectOf({ involvedObject }: Event): string {
  const { kind = "", name } = involvedObject;
  return name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase();
}

/** The columns of `kubectl get events`, where the name comes last. */
export const EVENT_COLUMNS: readonly Column<Event>[] = [
  text(
    {
      name: "Last Seen",
      description: "The time at which the most recent occurrence of this event was recorded.",
    },
    lastSeen,
  ),
  text(
    {
      name: "Type",
      description: "Type of this event (Normal, Warning), new types could be added in the future",
    },
    ({ type }) => type ?? "",
  ),
  text(
    {
      name: "Reason",
      description:
        "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.",
    },
    ({ reason }) => reason ?? "",
  ),
  text({ name: "Object", description: "The object that this event is about." }, subjectOf),
  wide(
    text(
      {
        name: "Subobject",
        description:
          'If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object reference is to a container within a pod, this would take on a value like: "spec.containers{name}" (where "name" refers to the name of the container that triggered the event) or if no container name is specified "spec.containers[2]" (container with index 2 in this pod). This syntax is chosen only to have some well-defined way of referencing a part of an object.',
      },
      ({ involvedObject }) => involvedObject.fieldPath ?? "",
    ),
  ),
  wide(
    text(
      {
        name: "Source",
        description:
          "The component reporting this event. Should be a short machine understandable string.",
      },
      sourceOf,
    ),
  ),
  text(
    {
      name: "Message",
      description: "A human-readable description of the status of this operation.",
    },
    ({ message }) => (message ?? "").trim(),
  ),
  wide(
    text(
      {
        name: "First Seen",
        description:
          "The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)",
      },
      firstSeen,
    ),
  ),
  wide(
    text({ name: "Count", description: "The number of times this event has occurred." }, countOf),
  ),
  wide(NAME),
];
