import { useState } from "react";
import { m } from "@/messages/messages";
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
      <h2 id="backups-heading">{m.backups_heading()}</h2>
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
      {backups.isPending && <Skeleton label={m.backups_loading()} lines={2} />}
      {backups.data?.length === 0 && <p>{m.backups_none()}</p>}
      {backups.data !== undefined && backups.data.length > 0 && (
        <ul className={styles.backups} aria-label={m.backups_heading()}>
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
        {restored !== "" && m.backups_restored({ backup: restored })}
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
  const time = timeOf(backup);
  const write = useRestore(database, () => onRestored(name));
  return (
    <GuardedAction
      button={m.backup_open_restore({ backup: name })}
      working={m.backup_restoring()}
      danger
      title={m.backup_restore_title({ database: database.name, backup: name })}
      name={database.name}
      action={m.backup_restore()}
      write={write}
      prepare={() => {
        onRestored("");
        return backup.backup_id;
      }}
    >
      <ul>
        <li>{m.backup_restore_replaces({ database: database.name })}</li>
        <li>{time === undefined ? m.backup_restore_loses_newer() : m.backup_restore_loses({ time })}</li>
        <li>{m.backup_restore_repeat()}</li>
      </ul>
    </GuardedAction>
  );
}

function CreateBackup({ database }: { database: Database }) {
  const write = useCreateBackup(database.id);
  return (
    <div className={styles.row}>
      <NameForm
        label={m.backup_new_name()}
        initial=""
        action={m.backup_create()}
        working={m.form_creating()}
        write={write}
      />
      <p className={styles.warning}>{m.backup_limits()}</p>
      <Changed write={write} text={createdText(write.result)} />
    </div>
  );
}

function createdText(backup: Backup | undefined): string {
  if (backup === undefined) return "";
  const name = { backup: nameOf(backup) };
  return backup.state === "pending" ? m.backup_pending(name) : m.backup_created(name);
}

function nameOf({ name, backup_id }: Backup): string {
  return name === undefined || name === "" ? backup_id : name;
}

function timeOf({ creation_time }: Backup): string | undefined {
  const at = Date.parse(creation_time ?? "");
  return Number.isNaN(at) ? undefined : timeLabel(at);
}

function factsOf(backup: Backup): string {
  const { backup_size, daily_backup, hourly_backup } = backup;
  const facts = [
    timeOf(backup),
    backup_size === undefined ? undefined : formatBytes(backup_size),
    daily_backup === true ? m.backup_daily() : hourly_backup === true ? m.backup_hourly() : undefined,
    stateOf(backup),
  ];
  return facts.filter((fact) => fact !== undefined && fact !== "").join(" · ");
}

/** Upstash may introduce other states, which are shown as they are. */
function stateOf({ state }: Backup): string | undefined {
  switch (state) {
    case "completed":
      return m.backup_state_completed();
    case "pending":
      return m.backup_state_pending();
    case "failed":
      return m.backup_state_failed();
    default:
      return state;
  }
}
