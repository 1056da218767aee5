import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { useLocation } from "wouter";
import { m } from "@/messages/messages";
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
      <h2 id="danger-heading">{m.database_danger_heading()}</h2>
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
      <h3>{m.database_reset_heading()}</h3>
      <p className="hint">{m.database_reset_hint()}</p>
      <GuardedAction
        button={m.database_open_reset()}
        working={m.database_resetting()}
        danger
        title={m.database_reset_title({ database: database.name })}
        name={database.name}
        action={m.database_reset()}
        write={write}
        prepare={() => null}
      >
        <ul>
          <li>{m.database_reset_replaces()}</li>
          <li>{m.database_reset_applications()}</li>
          <li>{m.database_reset_data()}</li>
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
      <h3>{m.database_delete_heading()}</h3>
      <p className="hint">{m.database_delete_hint()}</p>
      <GuardedAction
        button={m.database_open_delete()}
        working={m.database_deleting()}
        danger
        title={m.database_delete_title({ database: name })}
        name={name}
        action={m.database_delete()}
        write={write}
        prepare={() => null}
      >
        <ul>
          <li>{m.database_delete_data()}</li>
          <li>{m.database_delete_applications()}</li>
        </ul>
      </GuardedAction>
    </div>
  );
}
