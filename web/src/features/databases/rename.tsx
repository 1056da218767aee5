import { Pencil } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { m } from "@/messages/messages";
import type { Database } from "@/shared/api/types";
import { useAnnounce } from "@/shared/ui/announcer";
import { useRename } from "./manage-api";
import { NameForm } from "./name-form";
import styles from "./rename.module.css";

/** A quiet button beside the name. It becomes a form in place. */
export function Rename({ database }: { database: Database }) {
  const [editing, setEditing] = useState(false);
  const write = useRename(database.id);
  const button = useRef<HTMLButtonElement>(null);
  const announce = useAnnounce();
  const open = editing && !write.done;
  const wasOpen = useRef(false);

  useEffect(() => {
    if (wasOpen.current && !open) button.current?.focus();
    wasOpen.current = open;
  }, [open]);

  const { done } = write;
  const renamed = write.result?.name;
  useEffect(() => {
    if (done)
      announce(renamed === undefined ? m.database_renamed() : m.database_renamed_to({ name: renamed }));
  }, [done, renamed, announce]);

  if (open) {
    return (
      <div className={styles.form}>
        <NameForm
          label={m.database_rename_new_name()}
          initial={database.name}
          action={m.database_rename()}
          working={m.database_renaming()}
          write={write}
          onCancel={() => setEditing(false)}
          autoFocus
        />
        <p className="hint">{m.database_rename_hint()}</p>
      </div>
    );
  }
  return (
    <button
      ref={button}
      type="button"
      className={`button button-small button-quiet ${styles.button}`}
      onClick={() => {
        write.reset();
        setEditing(true);
      }}
    >
      <Pencil aria-hidden="true" /> {m.database_rename()}
    </button>
  );
}
