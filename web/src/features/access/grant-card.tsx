import { type ReactNode, useState } from "react";
import type { Grant } from "@/shared/api/services";
import { canBeNarrowed } from "@/shared/grants/policy";
import { PolicyFacts } from "@/shared/grants/policy-facts";
import { didWords } from "@/shared/grants/policy-words";
import { ServiceName } from "@/shared/grants/service-identity";
import { useAnnounce } from "@/shared/ui/announcer";
import { dayLabel, momentLabel } from "./moment";
import { NarrowDialog } from "./narrow-dialog";
import { TakeBackDialog } from "./take-back-dialog";
import { endingWords, stateWords } from "./words";

type Open = "narrow" | "take back" | null;

/** One grant: whose it is, what it allows, and the ways to allow less. `onGone` is for the focus. */
export function GrantCard({ grant, onGone }: { grant: Grant; onGone: () => void }) {
  const [open, setOpen] = useState<Open>(null);
  const announce = useAnnounce();
  const close = () => setOpen(null);
  const stands = grant.state !== "revoked";
  return (
    <li className={stands ? "card grant" : "card grant grant-ended"}>
      <div className="grant-head">
        <h3>
          <ServiceName service={grant.service} />
        </h3>
        <span className={`grant-state grant-state-${grant.state}`}>
          {stateWords[grant.state] ?? grant.state}
        </span>
      </div>
      {grant.state === "paused" && (
        <p className="grant-paused">
          Upstash no longer accepts the key of this account, so this service cannot act. It goes on when you
          connect the account again.
        </p>
      )}
      <GrantFacts grant={grant} />
      {stands && (
        <details className="grant-terms">
          <summary>What it may do</summary>
          <PolicyFacts policy={grant} />
        </details>
      )}
      {stands && (
        <div className="actions">
          {canBeNarrowed(grant) && (
            <GrantButton grant={grant} onClick={() => setOpen("narrow")}>
              Allow less…
            </GrantButton>
          )}
          <GrantButton grant={grant} danger onClick={() => setOpen("take back")}>
            Take back…
          </GrantButton>
        </div>
      )}
      {open === "narrow" && (
        <NarrowDialog
          grant={grant}
          onClose={close}
          onDone={() => announce(`${grant.service.name} may do less now`)}
        />
      )}
      {open === "take back" && (
        <TakeBackDialog
          grant={grant}
          onClose={close}
          onDone={() => {
            announce(`${grant.service.name} can no longer act for you`);
            onGone();
          }}
        />
      )}
    </li>
  );
}

function GrantFacts({ grant }: { grant: Grant }) {
  const { display_name, external_id, last_used_at, last_used_for, revoked_at } = grant;
  return (
    <dl className="grant-facts">
      <Fact label="For">
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
        {last_used_at === null ? "Never" : `${didWords(last_used_for)}, ${momentLabel(last_used_at)}`}
      </Fact>
      {grant.database_ids.length > 0 && (
        <Fact label="Its databases">{grant.database_ids.length.toLocaleString("en")}</Fact>
      )}
      {grant.state === "revoked" && (
        <Fact label="Ended">
          {endingWords(grant)}
          {revoked_at !== null && `, ${momentLabel(revoked_at)}`}
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
