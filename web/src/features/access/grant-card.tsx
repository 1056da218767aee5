import { type ReactNode, useState } from "react";
import type { Grant } from "@/shared/api/services";
import { canBeNarrowed } from "@/shared/grants/policy";
import { PolicyFacts } from "@/shared/grants/policy-facts";
import { didWords } from "@/shared/grants/policy-words";
import { ServiceName } from "@/shared/grants/service-identity";
import { useAnnounce } from "@/shared/ui/announcer";
import styles from "./grants.module.css";
import { endedByLabel, stateLabels } from "./labels";
import { ReduceDialog } from "./reduce-dialog";
import { RevokeDialog } from "./revoke-dialog";
import { dayLabel, timeLabel } from "./time-labels";

type OpenDialog = "reduce" | "revoke" | null;

/** One grant: the service, its permissions, and the buttons to reduce or revoke them. */
export function GrantCard({ grant, onRevoked }: { grant: Grant; onRevoked: () => void }) {
  const [open, setOpen] = useState<OpenDialog>(null);
  const announce = useAnnounce();
  const close = () => setOpen(null);
  const isActive = grant.state !== "revoked";
  return (
    <li className={`card ${styles.card} ${isActive ? "" : styles.ended}`}>
      <div className={styles.head}>
        <h3>
          <ServiceName service={grant.service} />
        </h3>
        <span className={`${styles.state} ${stateStyles[grant.state] ?? ""}`}>
          {stateLabels[grant.state] ?? grant.state}
        </span>
      </div>
      {grant.state === "paused" && (
        <p className={styles.pausedNotice}>
          Upstash no longer accepts the key of this account, so this service has no access. Connect the
          account again to resume it.
        </p>
      )}
      <GrantFacts grant={grant} />
      {isActive && (
        <details className={styles.terms}>
          <summary>Permissions</summary>
          <PolicyFacts policy={grant} />
        </details>
      )}
      {isActive && (
        <div className="actions">
          {canBeNarrowed(grant) && (
            <GrantButton grant={grant} onClick={() => setOpen("reduce")}>
              Reduce access…
            </GrantButton>
          )}
          <GrantButton grant={grant} danger onClick={() => setOpen("revoke")}>
            Revoke access…
          </GrantButton>
        </div>
      )}
      {open === "reduce" && (
        <ReduceDialog
          grant={grant}
          onClose={close}
          onDone={() => announce(`Access of ${grant.service.name} reduced`)}
        />
      )}
      {open === "revoke" && (
        <RevokeDialog
          grant={grant}
          onClose={close}
          onDone={() => {
            announce(`Access of ${grant.service.name} revoked`);
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
      <Fact label="User">
        <bdi>{display_name === "" ? external_id : display_name}</bdi>
        {display_name !== "" && (
          <>
            {" "}
            <code>{external_id}</code>
          </>
        )}
      </Fact>
      <Fact label="Since">{dayLabel(grant.created_at)}</Fact>
      <Fact label="Last used">
        {last_used_at === null ? "Never" : `${didWords(last_used_for)}, ${timeLabel(last_used_at)}`}
      </Fact>
      {grant.database_ids.length > 0 && (
        <Fact label="Databases created">{grant.database_ids.length.toLocaleString("en")}</Fact>
      )}
      {grant.state === "revoked" && (
        <Fact label="Ended">
          {endedByLabel(grant)}
          {revoked_at !== null && `, ${timeLabel(revoked_at)}`}
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

function GrantButton(props: { grant: Grant; danger?: boolean; onClick: () => void; children: string }) {
  return (
    <button
      type="button"
      className={props.danger === true ? "button button-danger" : "button"}
      aria-label={`${props.children} (${props.grant.service.name})`}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}
