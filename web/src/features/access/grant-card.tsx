import { type ReactNode, useState } from "react";
import { m } from "@/messages/messages";
import { getLocale } from "@/messages/runtime";
import type { Grant } from "@/shared/api/services";
import { canBeNarrowed } from "@/shared/grants/policy";
import { PolicyFacts } from "@/shared/grants/policy-facts";
import { didWords } from "@/shared/grants/policy-words";
import { ServiceName } from "@/shared/grants/service-identity";
import { useAnnounce } from "@/shared/ui/announcer";
import styles from "./grants.module.css";
import { endedByLabel, stateLabel } from "./labels";
import { ReduceDialog } from "./reduce-dialog";
import { RevokeDialog } from "./revoke-dialog";
import { dayLabel, timeLabel } from "./time-labels";

type OpenDialog = "reduce" | "revoke" | null;

/** One grant: the service, its permissions, and the buttons to reduce or revoke them. */
export function GrantCard({ grant, onRevoked }: { grant: Grant; onRevoked: () => void }) {
  const [open, setOpen] = useState<OpenDialog>(null);
  const announce = useAnnounce();
  const close = () => setOpen(null);
  const { name } = grant.service;
  const isActive = grant.state !== "revoked";
  return (
    <li className={`card ${styles.card} ${isActive ? "" : styles.ended}`}>
      <div className={styles.head}>
        <h3>
          <ServiceName service={grant.service} />
        </h3>
        <span className={`${styles.state} ${stateStyles[grant.state] ?? ""}`}>{stateLabel(grant.state)}</span>
      </div>
      {grant.state === "paused" && <p className={styles.pausedNotice}>{m.access_grant_paused_reason()}</p>}
      <GrantFacts grant={grant} />
      {isActive && (
        <details className={styles.terms}>
          <summary>{m.access_permissions()}</summary>
          <PolicyFacts policy={grant} />
        </details>
      )}
      {isActive && (
        <div className="actions">
          {canBeNarrowed(grant) && (
            <GrantButton label={m.access_reduce_of({ name })} onClick={() => setOpen("reduce")}>
              {m.access_reduce()}
            </GrantButton>
          )}
          <GrantButton label={m.access_revoke_of({ name })} danger onClick={() => setOpen("revoke")}>
            {m.access_revoke()}
          </GrantButton>
        </div>
      )}
      {open === "reduce" && (
        <ReduceDialog grant={grant} onClose={close} onDone={() => announce(m.access_reduced({ name }))} />
      )}
      {open === "revoke" && (
        <RevokeDialog
          grant={grant}
          onClose={close}
          onDone={() => {
            announce(m.access_revoked({ name }));
            onRevoked();
          }}
        />
      )}
    </li>
  );
}

const stateStyles: Readonly<Record<string, string | undefined>> = {
  active: styles.active,
  paused: styles.paused,
};

function GrantFacts({ grant }: { grant: Grant }) {
  const { display_name, external_id, last_used_at, last_used_for, revoked_at } = grant;
  return (
    <dl className={styles.facts}>
      <Fact label={m.access_user()}>
        <bdi>{display_name === "" ? external_id : display_name}</bdi>
        {display_name !== "" && (
          <>
            {" "}
            <code>{external_id}</code>
          </>
        )}
      </Fact>
      <Fact label={m.access_since()}>{dayLabel(grant.created_at)}</Fact>
      <Fact label={m.access_last_used()}>
        {last_used_at === null
          ? m.access_never_used()
          : m.access_what_when({ what: didWords(last_used_for), when: timeLabel(last_used_at) })}
      </Fact>
      {grant.database_ids.length > 0 && (
        <Fact label={m.access_databases_created()}>
          {grant.database_ids.length.toLocaleString(getLocale())}
        </Fact>
      )}
      {grant.state === "revoked" && (
        <Fact label={m.access_ended()}>
          {revoked_at === null
            ? endedByLabel(grant)
            : m.access_what_when({ what: endedByLabel(grant), when: timeLabel(revoked_at) })}
        </Fact>
      )}
    </dl>
  );
}

function Fact(props: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function GrantButton(props: { label: string; danger?: boolean; onClick: () => void; children: string }) {
  return (
    <button
      type="button"
      className={props.danger === true ? "button button-danger" : "button"}
      aria-label={props.label}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}
