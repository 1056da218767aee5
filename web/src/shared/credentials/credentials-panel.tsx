import type { UseMutationResult } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { ApiProblem } from "@/shared/api/problem";
import facts from "@/shared/page/facts.module.css";
import { type BoundedRefetch, useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useAnnounce } from "@/shared/ui/announcer";
import { CopyButton } from "@/shared/ui/copy-button";
import styles from "./credentials-panel.module.css";

interface Props<Credentials> {
  /** A mutation and not a query: it is audited, and its answer must stay in no cache. */
  reveal: UseMutationResult<Credentials, Error, void>;
  /** What the secrets give access to, and who may see the reveal. */
  hint: string;
  /** The credentials, as facts of a description list. */
  facts: (credentials: Credentials) => ReactNode;
  /** Whether the credentials were just replaced, so that what the user has noted is out of date. */
  replaced?: boolean | undefined;
  /** What stands below the facts. */
  below: (credentials: Credentials) => ReactNode;
}

/** Fetches the credentials when the user presses a button. Hiding them or leaving the page discards them. */
export function CredentialsPanel<Credentials>(props: Props<Credentials>) {
  const { reveal } = props;
  const again = useBoundedRefetch(reveal.isSuccess, () => reveal.mutate());
  const announce = useAnnounce();
  const { reset } = reveal;

  useEffect(() => {
    // The back/forward cache keeps the memory of a page. The secrets must not be in it.
    window.addEventListener("pagehide", reset);
    return () => window.removeEventListener("pagehide", reset);
  }, [reset]);

  const hide = () => {
    reset();
    announce("Credentials hidden");
  };

  return (
    <section className={`card ${styles.panel}`} aria-labelledby="credentials-heading">
      <div className={styles.head}>
        <h2 id="credentials-heading">Credentials</h2>
        {reveal.data !== undefined && (
          <button type="button" className="button" onClick={hide}>
            <EyeOff aria-hidden="true" /> Hide
          </button>
        )}
      </div>
      {props.replaced === true && <Replaced />}
      {reveal.data === undefined ? (
        <Reveal pending={reveal.isPending} error={reveal.error} again={again} hint={props.hint} />
      ) : (
        <>
          <Revealed>{props.facts(reveal.data)}</Revealed>
          {props.below(reveal.data)}
        </>
      )}
    </section>
  );
}

function Replaced() {
  const text = useRef<HTMLParagraphElement>(null);
  const announce = useAnnounce();
  const words = "Credentials were replaced; reveal the new ones.";

  useEffect(() => {
    text.current?.focus();
    announce(words);
  }, [announce]);

  return (
    <p ref={text} tabIndex={-1} className={styles.replaced}>
      {words}
    </p>
  );
}

function Reveal(props: { pending: boolean; error: Error | null; again: BoundedRefetch; hint: string }) {
  const { now, waited } = props.again;
  if (props.error !== null) {
    const final = props.error instanceof ApiProblem && props.error.code === "credentials_disabled";
    return <ProblemNotice error={props.error} {...(final ? {} : { onRetry: now, onWaited: waited })} />;
  }
  return (
    <>
      <p className="hint">{props.hint}</p>
      <button
        type="button"
        className={`button button-primary ${styles.reveal}`}
        aria-disabled={props.pending}
        onClick={now}
      >
        <Eye aria-hidden="true" /> {props.pending ? "Fetching…" : "Reveal credentials"}
      </button>
    </>
  );
}

function Revealed(props: { children: ReactNode }) {
  const list = useRef<HTMLDListElement>(null);
  const announce = useAnnounce();

  useEffect(() => {
    // The pressed button is gone, so the focus moves to what replaced it.
    list.current?.focus();
    announce("Credentials are shown below, with secrets hidden");
  }, [announce]);

  return (
    <dl className={facts.facts} ref={list} tabIndex={-1} aria-label="Credentials">
      {props.children}
    </dl>
  );
}

/** A value that is not secret, to copy. */
export function PlainValue(props: { label: string; value: string }) {
  return (
    <div className={facts.fact}>
      <dt>{props.label}</dt>
      <dd>
        <code>{props.value}</code>
        <span className={facts.buttons}>
          <CopyButton what={props.label} text={props.value} />
        </span>
      </dd>
    </div>
  );
}
