import type { UseMutationResult } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { m } from "@/messages/messages";
import { ApiProblem } from "@/shared/api/problem";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useAnnounce } from "@/shared/ui/announcer";
import styles from "./connect-panel.module.css";

interface Props<Credentials> {
  /** A mutation and not a query: it is audited, and its answer must stay in no cache. */
  reveal: UseMutationResult<Credentials, Error, void>;
  /** What the secrets give access to, and who may see the reveal. */
  hint: string;
  /** Whether the credentials were just replaced, so that what the user has noted is out of date. */
  replaced?: boolean | undefined;
  /** What the user connects with: with masked secrets before the reveal, which gives undefined. */
  children: (credentials: Credentials | undefined, shown: boolean) => ReactNode;
}

/**
 * How to use a resource. It fetches the credentials when the user presses a button. Hiding them or leaving the page
 * discards them.
 */
export function ConnectPanel<Credentials>(props: Props<Credentials>) {
  const { reveal } = props;
  const [shown, setShown] = useState(false);
  const again = useBoundedRefetch(reveal.isSuccess, () => reveal.mutate());
  const announce = useAnnounce();
  const { reset } = reveal;
  const button = useRef<HTMLButtonElement>(null);
  const hidden = useRef(false);
  const revealed = reveal.data !== undefined;

  useEffect(() => {
    // The back/forward cache keeps the memory of a page. The secrets must not be in it.
    window.addEventListener("pagehide", reset);
    return () => window.removeEventListener("pagehide", reset);
  }, [reset]);

  useEffect(() => {
    // The pressed button is gone, so the focus moves to what replaced it.
    if (!revealed && hidden.current) button.current?.focus();
    hidden.current = false;
  }, [revealed]);

  const hide = () => {
    hidden.current = true;
    setShown(false);
    reset();
    announce(m.credentials_hidden());
  };

  return (
    <section className={`card ${styles.panel}`} aria-labelledby="connect-heading">
      <h2 id="connect-heading">{m.credentials_heading()}</h2>
      {props.replaced === true && <Replaced />}
      {reveal.error !== null ? (
        <RevealProblem error={reveal.error} again={again} />
      ) : revealed ? (
        <Revealed shown={shown} onShow={setShown} onHide={hide} />
      ) : (
        <div className={styles.bar}>
          <button
            ref={button}
            type="button"
            className="button button-primary"
            aria-disabled={reveal.isPending}
            // Each call is recorded, so a second press during the first call makes none.
            onClick={() => !reveal.isPending && again.now()}
          >
            <Eye aria-hidden="true" /> {reveal.isPending ? m.credentials_fetching() : m.credentials_reveal()}
          </button>
          <p className="hint">{props.hint}</p>
        </div>
      )}
      {props.children(reveal.data, shown && revealed)}
    </section>
  );
}

function Replaced() {
  const text = useRef<HTMLParagraphElement>(null);
  const announce = useAnnounce();

  useEffect(() => {
    text.current?.focus();
    announce(m.credentials_replaced());
  }, [announce]);

  return (
    <p ref={text} tabIndex={-1} className={styles.replaced}>
      {m.credentials_replaced()}
    </p>
  );
}

function RevealProblem({ error, again }: { error: Error; again: ReturnType<typeof useBoundedRefetch> }) {
  const { now, waited } = again;
  const final = error instanceof ApiProblem && error.code === "credentials_disabled";
  return <ProblemNotice error={error} {...(final ? {} : { onRetry: now, onWaited: waited })} />;
}

function Revealed(props: { shown: boolean; onShow: (shown: boolean) => void; onHide: () => void }) {
  const text = useRef<HTMLParagraphElement>(null);
  const announce = useAnnounce();

  useEffect(() => {
    text.current?.focus();
    announce(m.credentials_revealed());
  }, [announce]);

  return (
    <div className={styles.bar}>
      <button type="button" className="button" onClick={props.onHide}>
        <EyeOff aria-hidden="true" /> {m.credentials_hide()}
      </button>
      <label className="check">
        <input
          type="checkbox"
          checked={props.shown}
          onChange={(event) => props.onShow(event.target.checked)}
        />
        {m.credentials_show_secrets()}
      </label>
      <p className="hint" ref={text} tabIndex={-1}>
        {m.credentials_copy_hint()}
      </p>
    </div>
  );
}
