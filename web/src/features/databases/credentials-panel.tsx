import { Eye, EyeOff } from "lucide-react";
import { useEffect, useRef } from "react";
import { ApiProblem } from "@/shared/api/problem";
import type { Credentials } from "@/shared/api/types";
import { type BoundedRefetch, useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useAnnounce } from "@/shared/ui/announcer";
import { CopyButton } from "@/shared/ui/copy-button";
import { useRevealCredentials } from "./api";
import styles from "./credentials-panel.module.css";
import facts from "./facts.module.css";
import { SecretValue } from "./secret-value";
import { SnippetTabs } from "./snippet-tabs";

interface Props {
  databaseId: string;
  /** Whether the credentials were just reset, so that what the user has noted is out of date. */
  replaced?: boolean;
}

/** Fetches the credentials when the user presses a button. Hiding them or leaving the page discards them. */
export function CredentialsPanel(props: Props) {
  const reveal = useRevealCredentials(props.databaseId);
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
        <Reveal pending={reveal.isPending} error={reveal.error} again={again} />
      ) : (
        <Revealed credentials={reveal.data} />
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

function Reveal(props: { pending: boolean; error: Error | null; again: BoundedRefetch }) {
  const { now, waited } = props.again;
  if (props.error !== null) {
    const final = props.error instanceof ApiProblem && props.error.code === "credentials_disabled";
    return <ProblemNotice error={props.error} {...(final ? {} : { onRetry: now, onWaited: waited })} />;
  }
  return (
    <>
      <p className="hint">
        The password and the REST token give full access. The read-only token can read all data. Each reveal
        is recorded in the audit log. This page discards the credentials when you hide them or leave.
      </p>
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

function Revealed({ credentials }: { credentials: Credentials }) {
  const list = useRef<HTMLDListElement>(null);
  const announce = useAnnounce();

  useEffect(() => {
    // The pressed button is gone, so the focus moves to what replaced it.
    list.current?.focus();
    announce("Credentials are shown below, with secrets hidden");
  }, [announce]);

  return (
    <>
      <dl className={facts.facts} ref={list} tabIndex={-1} aria-label="Credentials">
        <Plain label="Endpoint" value={credentials.endpoint} />
        <Plain label="Port" value={String(credentials.port)} />
        <SecretValue label="Password" value={credentials.password} />
        <Plain label="REST URL" value={credentials.rest_url} />
        <SecretValue label="REST token" value={credentials.rest_token} />
        <SecretValue label="Read-only REST token" value={credentials.read_only_rest_token} />
      </dl>
      <SnippetTabs credentials={credentials} />
    </>
  );
}

function Plain(props: { label: string; value: string }) {
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
