import { Check, Copy } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { m } from "@/messages/messages";
import type { Database } from "@/shared/api/types";
import { useRedisCaFile } from "@/shared/session/config";
import { useAnnounce } from "@/shared/ui/announcer";
import { copyWhenReady } from "@/shared/ui/copy-when-ready";
import { accessOf } from "./access";
import { useRevealCredentials } from "./api";
import styles from "./database-list.module.css";
import { envFile } from "./env-file";

interface Props {
  database: Database;
  /** The credentials could not be fetched; undefined once the user tries again. */
  onFailure: (failure: Error | undefined) => void;
}

const words = {
  ready: m.databases_copy_env,
  busy: m.databases_copy_env_busy,
  copied: m.databases_copy_env_copied,
  blocked: m.databases_copy_env_blocked,
} as const;

/** Copies the .env of a database: one press is one reveal. The secrets go to the clipboard and to no element. */
export function CopyEnv({ database, onFailure }: Props) {
  const { mutateAsync, reset } = useRevealCredentials(database.id);
  const [state, setState] = useState<keyof typeof words>("ready");
  /** From a press until the button is ready again, so that a double click is one reveal. */
  const running = useRef(false);
  const caFile = useRedisCaFile();
  const announce = useAnnounce();

  useEffect(() => {
    if (state === "ready") running.current = false;
    if (state !== "copied" && state !== "blocked") return;
    const timer = setTimeout(() => setState("ready"), 2000);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = async () => {
    if (running.current) return;
    running.current = true;
    onFailure(undefined);
    setState("busy");
    let failure: Error | undefined;
    const text = mutateAsync().then(
      (credentials) => envFile(accessOf(credentials, "full", caFile)),
      (error: Error) => {
        failure = error;
        throw error;
      },
    );

    try {
      await copyWhenReady(text);
      setState("copied");
      announce(m.databases_copied_env_of({ name: database.name }));
    } catch {
      setState(failure === undefined ? "blocked" : "ready");
      onFailure(failure);
      if (failure === undefined) announce(m.databases_copy_not_allowed());
    } finally {
      reset(); // the mutation held the credentials
    }
  };

  return (
    <button
      type="button"
      className={`button button-small ${styles.copy}`}
      aria-label={m.databases_copy_env_of({ name: database.name })}
      aria-disabled={state === "busy" || state === "copied"}
      onClick={() => void copy()}
    >
      {state === "copied" ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      <span aria-hidden="true">{words[state]()}</span>
    </button>
  );
}
