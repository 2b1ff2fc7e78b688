import type { CertificateSigningRequest, KubeObject } from "#api/object.ts";
import { validateCertificateRequestApproval } from "#api/validation/certificate-request.ts";
import { rfc3339 } from "#lib/clock.ts";
import { cloneJson, field } from "../json.ts";
import { takeSentMetadata } from "../sent-metadata.ts";
import type { Strategy } from "../strategy.ts";

type Status = NonNullable<CertificateSigningRequest["status"]>;
type Condition = NonNullable<Status["conditions"]>[number];

const DECISIONS = ["Approved", "Denied"];

/** Requests for certificates: who asks is the server's to say; approvers decide, signers sign. */
export const certificateRequests: Strategy<CertificateSigningRequest> = {
  prepareCreate({ spec }, { user }) {
    if (spec === undefined) return;
    delete spec.uid;
    delete spec.extra;
    spec.username = user.name;
    spec.groups = [...user.groups];
    if (user.uid !== undefined) spec.uid = user.uid;
    if (user.extra !== undefined) {
      spec.extra = Object.fromEntries(
        Object.entries(user.extra).map(([key, values]) => [key, [...values]]),
      );
    }
  },
  prepareUpdate({ next, current }) {
    next.spec = cloneJson(current.spec);
  },
  views: {
    approval: {
      validated: false,
      validate: validateCertificateRequestApproval,
      read: (object) => object,
      write: (current, body, { now }) => {
        const { conditions } = statusOf(body);
        const status = { ...current.status, conditions: dated(conditions, current, now) };
        return takeSentMetadata(withStatus(current, status), body);
      },
    },
    status: {
      validated: false,
      read: (object) => object,
      write: (current, body, { now }) => {
        const sent = statusOf(body);
        const conditions = DECISIONS.reduce(
          (all, type) => kept(all, current, type),
          sent.conditions ?? [],
        );
        const status = { ...sent, conditions: dated(conditions, current, now) };
        return takeSentMetadata(withStatus(current, status), body);
      },
    },
  },
};

function statusOf(body: KubeObject): Status {
  const status = field(body, "status");
  return typeof status === "object" && status !== null ? cloneJson(status) : {};
}

function withStatus(
  current: CertificateSigningRequest,
  { conditions = [], ...rest }: Status,
): CertificateSigningRequest {
  const next = cloneJson(current);
  next.status = { ...rest, ...(conditions.length > 0 && { conditions }) };
  return next;
}

/** The conditions of a type as they were, unless there are more or fewer of them now. */
function kept(
  conditions: readonly Condition[],
  { status }: CertificateSigningRequest,
  type: string,
): Condition[] {
  const before = (status?.conditions ?? []).filter((condition) => condition.type === type);
  const now = conditions.filter((condition) => condition.type === type);
  if (now.length !== before.length) return [...conditions];
  return conditions.map((condition) =>
    condition.type === type ? (before[now.indexOf(condition)] ?? condition) : condition,
  );
}

/** Conditions with the times that their sender left out. */
function dated(
  conditions: readonly Condition[] | undefined,
  { status }: CertificateSigningRequest,
  now: Date,
): Condition[] {
  const time = rfc3339(now);
  return (conditions ?? []).map((condition) => {
    const before = status?.conditions?.find(
      (one) => one.type === condition.type && one.status === condition.status,
    );
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? time,
      lastTransitionTime: condition.lastTransitionTime ?? before?.lastTransitionTime ?? time,
    };
  });
}
