import { useState } from "react";
import type { Backup, Database } from "@/shared/api/types";
import { useOpenOperations } from "@/shared/catalog/catalog";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { timeLabel } from "@/shared/stats/point-time";
import { formatBytes } from "@/shared/stats/units";
import { Skeleton } from "@/shared/ui/skeleton";
import { GuardedAction } from "@/shared/write/guarded-action";
import { Changed } from "./changed";
import styles from "./manage.module.css";
import { useBackups, useCreateBackup, useRestore } from "./manage-api";
import { NameForm } from "./name-form";

export function BackupsSection({ database }: { database: Database }) {
  const open = useOpenOperations();
  return (
    <section className={`card ${styles.section}`} aria-labelledby="backups-heading">
      <h2 id="backups-heading">Backups</h2>
      {open.has("redis.backup.list") && <BackupList database={database} />}
      {open.has("redis.backup.create") && <CreateBackup database={database} />}
    </section>
  );
}

function BackupList({ database }: { database: Database }) {
  const backups = useBackups(database.id);
  const again = useBoundedRefetch(backups.isSuccess, () => void backups.refetch());
  const canRestore = useOpenOperations().has("redis.backup.restore");
  const [restored, setRestored] = useState("");
  return (
    <>
      {backups.error !== null && (
        <ProblemNotice error={backups.error} onRetry={again.now} onWaited={again.waited} />
      )}
      {backups.isPending && <Skeleton label="Loading the backups" lines={2} />}
      {backups.data?.length === 0 && <p>No backups yet</p>}
      {backups.data !== undefined && backups.data.length > 0 && (
        <ul className={styles.backups} aria-label="Backups">
          {backups.data.map((backup) => (
            <li key={backup.backup_id} className={styles.backup}>
              <div>
                <p>
                  <strong>{nameOf(backup)}</strong>
                </p>
                <p className="hint">{factsOf(backup)}</p>
              </div>
              {canRestore && backup.state === "completed" && (
                <Restore database={database} backup={backup} onRestored={setRestored} />
              )}
            </li>
          ))}
        </ul>
      )}
      <p role="status" className={restored === "" ? "visually-hidden" : undefined}>
        {restored !== "" && `Restored from ${restored}. The data that the database had before is gone.`}
      </p>
    </>
  );
}

interface RestoreProps {
  database: Database;
  backup: Backup;
  onRestored: (name: string) => void;
}

function Restore({ database, backup, onRestored }: RestoreProps) {
  const name = nameOf(backup);
  const write = useRestore(database, () => onRestored(name));
  return (
    <GuardedAction
      button={`Restore ${name}…`}
      working="Restoring…"
      danger
      title={`Restore ${database.name} from ${name}?`}
      name={database.name}
      action="Restore"
      write={write}
      prepare={() => {
        onRestored("");
        return backup.backup_id;
      }}
    >
      <ul>
        <li>Upstash replaces all data of {database.name} with this backup.</li>
        <li>What was written since {timeOf(backup)} is lost, unless another backup has it.</li>
        <li>If the response is lost, a repeat restores the same backup again.</li>
      </ul>
    </GuardedAction>
  );
}

function CreateBackup({ database }: { database: Database }) {
  const [made, setMade] = useState(0);
  const write = useCreateBackup(database.id, () => setMade((before) => before + 1));
  return (
    <div className={styles.row}>
      <NameForm
        key={made}
        label="Name of a new backup"
        initial=""
        action="Create backup"
        working="Creating…"
        write={write}
      />
      <p className={styles.warning}>
        How many backups you can have, and what they cost, depends on your Upstash plan.
      </p>
      <Changed write={write} text={createdText(write.result)} />
    </div>
  );
}

function createdText(backup: Backup | undefined): string {
  if (backup === undefined) return "";
  const name = nameOf(backup);
  return backup.state === "pending" ? `${name} is being created.` : `${name} is created.`;
}

function nameOf({ name, backup_id }: Backup): string {
  return name === undefined || name === "" ? backup_id : name;
}

function timeOf({ creation_time }: Backup): string {
  const at = Date.parse(creation_time ?? "");
  return Number.isNaN(at) ? "then" : timeLabel(at);
}

function factsOf(backup: Backup): string {
  const { creation_time, backup_size, state, daily_backup, hourly_backup } = backup;
  const facts = [
    creation_time === undefined ? undefined : timeOf(backup),
    backup_size === undefined ? undefined : formatBytes(backup_size),
    daily_backup === true ? "daily" : hourly_backup === true ? "hourly" : undefined,
    state,
  ];
  return facts.filter((fact) => fact !== undefined && fact !== "").join(" · ");
}
