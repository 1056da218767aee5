import { CredentialsPanel as Panel, PlainValue } from "@/shared/credentials/credentials-panel";
import { SecretValue } from "@/shared/credentials/secret-value";
import { useRevealCredentials } from "./api";
import { SnippetTabs } from "./snippet-tabs";

const hint =
  "The password and the REST token give full access. The read-only token can read all data. Each reveal is " +
  "recorded in the audit log. This page discards the credentials when you hide them or leave.";

/** The credentials of a database, and snippets with them. */
export function CredentialsPanel(props: { databaseId: string; replaced?: boolean }) {
  return (
    <Panel
      reveal={useRevealCredentials(props.databaseId)}
      hint={hint}
      replaced={props.replaced}
      facts={(credentials) => (
        <>
          <PlainValue label="Endpoint" value={credentials.endpoint} />
          <PlainValue label="Port" value={String(credentials.port)} />
          <SecretValue label="Password" value={credentials.password} />
          <PlainValue label="REST URL" value={credentials.rest_url} />
          <SecretValue label="REST token" value={credentials.rest_token} />
          <SecretValue label="Read-only REST token" value={credentials.read_only_rest_token} />
        </>
      )}
      below={(credentials) => <SnippetTabs credentials={credentials} />}
    />
  );
}
