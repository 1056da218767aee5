import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { useLocation } from "wouter";
import type { Database } from "@/shared/api/types";
import { useOpenOperations } from "@/shared/catalog/catalog";
import { useConnection } from "@/shared/session/connection";
import { GuardedAction } from "@/shared/write/guarded-action";
import { forgetDatabase } from "./database-cache";
import type { ListPageState } from "./list-page";
import styles from "./manage.module.css";
import { useDelete, useResetPassword } from "./manage-api";

interface Props {
  database: Database;
  /** The revealed credentials are no longer valid. */
  onReset: () => void;
}

/** What cannot be undone, at the end of the page. */
export function DangerZone({ database, onReset }: Props) {
  const open = useOpenOperations();
  return (
    <section className={`card ${styles.section} ${styles.danger}`} aria-labelledby="danger-heading">
      <h2 id="danger-heading">Danger zone</h2>
      {open.has("redis.reset-password") && <ResetCredentials database={database} onReset={onReset} />}
      {open.has("redis.delete") && <DeleteDatabase database={database} />}
    </section>
  );
}

function ResetCredentials({ database, onReset }: Props) {
  const write = useResetPassword(database);
  const { done } = write;
  const reset = useEffectEvent(onReset);

  useEffect(() => {
    // Once the dialog has closed: what then takes the focus is behind it until then.
    if (done) reset();
  }, [done]);

  return (
    <div className={styles.row}>
      <h3>Reset credentials</h3>
      <p className="hint">
        Replaces the password and both REST tokens. Everything that uses the old ones loses access.
      </p>
      <GuardedAction
        button="Reset credentials…"
        working="Resetting…"
        danger
        title={`Reset the credentials of ${database.name}?`}
        name={database.name}
        action="Reset credentials"
        write={write}
        prepare={() => null}
      >
        <ul>
          <li>Upstash replaces the password and both REST tokens. The old ones stop working.</li>
          <li>Applications that use the old ones lose access until you give them the new ones.</li>
          <li>The data stays as it is.</li>
        </ul>
      </GuardedAction>
    </div>
  );
}

function DeleteDatabase({ database }: { database: Database }) {
  const client = useQueryClient();
  const account = useConnection().id;
  const [, navigate] = useLocation();
  const { id, name } = database;
  const write = useDelete(database);
  const { done } = write;

  useEffect(() => {
    if (!done) return;
    const state: ListPageState = { deleted: { id, name } };
    navigate("/", { state });
    // This page still shows the database until the list replaces it.
    return () => forgetDatabase(client, account, id);
  }, [done, client, account, id, name, navigate]);

  return (
    <div className={styles.row}>
      <h3>Delete this database</h3>
      <p className="hint">Deletes all of its data. Neither Upstash nor we can bring it back.</p>
      <GuardedAction
        button="Delete database…"
        working="Deleting…"
        danger
        title={`Delete ${name}?`}
        name={name}
        action="Delete database"
        write={write}
        prepare={() => null}
      >
        <ul>
          <li>Upstash deletes the database with all of its data, permanently.</li>
          <li>Applications that use it stop working.</li>
        </ul>
      </GuardedAction>
    </div>
  );
}
