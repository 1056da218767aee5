import { Eye, EyeOff } from "lucide-react";
import { useEffect, useRef } from "react";
import { ApiProblem } from "@/shared/api/problem";
import type { Credentials } from "@/shared/api/types";
import { useAnnounce } from "@/shared/ui/announcer";
import { CopyButton } from "@/shared/ui/copy-button";
import { ProblemNotice } from "@/shared/ui/problem-notice";
import { type ReadAgain, useReadAgain } from "@/shared/ui/read-again";
import { useRevealCredentials } from "./api";
import { SecretValue } from "./secret-value";
import { SnippetTabs } from "./snippet-tabs";
import "./credentials-panel.css";

/** Credentials are asked for by a deliberate press, and forgotten with another, or by leaving. */
export function CredentialsPanel(props: { databaseId: string }) {
  const reveal = useRevealCredentials(props.databaseId);
  const again = useReadAgain(reveal.isSuccess, () => reveal.mutate());
  const announce = useAnnounce();
  const { reset } = reveal;

  useEffect(() => {
    // A page kept for the Back button keeps its memory; the secrets are not to be part of it.
    window.addEventListener("pagehide", reset);
    return () => window.removeEventListener("pagehide", reset);
  }, [reset]);

  const hide = () => {
    reset();
    announce("Credentials are hidden");
  };

  return (
    <section className="card credentials" aria-labelledby="credentials-heading">
      <div className="credentials-head">
        <h2 id="credentials-heading">Credentials</h2>
        {reveal.data !== undefined && (
          <button type="button" className="button" onClick={hide}>
            <EyeOff aria-hidden="true" /> Hide again
          </button>
        )}
      </div>
      {reveal.data === undefined ? (
        <Reveal pending={reveal.isPending} error={reveal.error} again={again} />
      ) : (
        <Revealed credentials={reveal.data} />
      )}
    </section>
  );
}

function Reveal(props: { pending: boolean; error: Error | null; again: ReadAgain }) {
  const { now, waited } = props.again;
  if (props.error !== null) {
    const final = props.error instanceof ApiProblem && props.error.code === "credentials_disabled";
    return <ProblemNotice error={props.error} {...(final ? {} : { onRetry: now, onWaited: waited })} />;
  }
  return (
    <>
      <p className="hint">
        The password and the REST token give full access; the read-only token can read everything. They are
        fetched only when you ask, each time is recorded in the audit log, and they leave this page’s memory
        when you hide them or go elsewhere.
      </p>
      <button type="button" className="button button-primary" aria-disabled={props.pending} onClick={now}>
        <Eye aria-hidden="true" /> {props.pending ? "Fetching…" : "Reveal credentials"}
      </button>
    </>
  );
}

function Revealed({ credentials }: { credentials: Credentials }) {
  const list = useRef<HTMLDListElement>(null);
  const announce = useAnnounce();

  useEffect(() => {
    // The button that was pressed is gone; the focus goes to what took its place.
    list.current?.focus();
    announce("Credentials are shown below, with secrets covered");
  }, [announce]);

  return (
    <>
      <dl className="facts" ref={list} tabIndex={-1} aria-label="Credentials">
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
    <div className="fact">
      <dt>{props.label}</dt>
      <dd>
        <code>{props.value}</code>
        <span className="fact-buttons">
          <CopyButton what={props.label} text={props.value} />
        </span>
      </dd>
    </div>
  );
}
