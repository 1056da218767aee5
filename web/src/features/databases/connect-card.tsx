import { useId, useState } from "react";
import type { Credentials, Database } from "@/shared/api/types";
import { CommandLine } from "@/shared/credentials/command-line";
import { ConnectPanel } from "@/shared/credentials/connect-panel";
import { SecretValue } from "@/shared/credentials/secret-value";
import { SnippetTabs } from "@/shared/credentials/snippet-tabs";
import facts from "@/shared/page/facts.module.css";
import { useRedisCaFile } from "@/shared/session/config";
import { type Access, accessOf, maskedAccess, type Right, redisUrl } from "./access";
import { useRevealCredentials } from "./api";
import { curl, redisCli } from "./commands";
import styles from "./connect-card.module.css";
import { snippets } from "./snippets";

const hint =
  "The password and the REST token give full access. The read-only token can read all data. Each reveal is " +
  "recorded in the audit log. This page discards the credentials when you hide them or leave.";

/** How to use a database: what to copy, snippets, a test, and its secrets. */
export function ConnectCard({ database, replaced }: { database: Database; replaced: boolean }) {
  const [right, setRight] = useState<Right>("full");
  const caFile = useRedisCaFile();
  const masked = maskedAccess(database, right, caFile);
  return (
    <ConnectPanel reveal={useRevealCredentials(database.id)} hint={hint} replaced={replaced}>
      {(credentials, shown) => {
        const full = credentials && accessOf(credentials, right, caFile);
        const visible = shown && full !== undefined ? full : masked;
        return (
          <>
            <RightChoice right={right} onChange={setRight} />
            <Part title="Connection string">
              <CommandLine what="connection string" shown={redisUrl(visible)} full={full && redisUrl(full)} />
            </Part>
            <SnippetTabs
              full={full && snippets(full)}
              hidden={snippets(masked)}
              shown={shown}
              fileName={database.name}
            />
            <ConnectionTest visible={visible} full={full} />
            {credentials !== undefined && <Secrets credentials={credentials} />}
          </>
        );
      }}
    </ConnectPanel>
  );
}

function RightChoice({ right, onChange }: { right: Right; onChange: (right: Right) => void }) {
  const name = useId();
  return (
    <fieldset className={styles.right}>
      <legend className="visually-hidden">Access</legend>
      <label>
        <input type="radio" name={name} checked={right === "full"} onChange={() => onChange("full")} />
        Full access
      </label>
      <label>
        <input
          type="radio"
          name={name}
          checked={right === "read-only"}
          onChange={() => onChange("read-only")}
        />
        Read-only
      </label>
      {right === "read-only" && (
        <p className="hint">Everything below can read all data, but not list keys with SCAN or KEYS.</p>
      )}
    </fieldset>
  );
}

/** The page may call no other host than its own server (api/headers.go), so the user's terminal makes the test. */
function ConnectionTest({ visible, full }: { visible: Access; full: Access | undefined }) {
  const rest = (access: Access) => curl(access, "ping");
  const redis = (access: Access) => `${redisCli(access)} ping`;
  return (
    <Part title="Test the connection">
      <p className="hint">
        Run one of these lines in a terminal. A database that you can reach answers PONG.
      </p>
      <CommandLine what="test with curl" shown={rest(visible)} full={full && rest(full)} />
      <CommandLine what="test with redis-cli" shown={redis(visible)} full={full && redis(full)} />
    </Part>
  );
}

function Secrets({ credentials }: { credentials: Credentials }) {
  return (
    <Part title="Secrets">
      <dl className={facts.facts}>
        <SecretValue label="Password" value={credentials.password} />
        <SecretValue label="REST token" value={credentials.rest_token} />
        <SecretValue label="Read-only REST token" value={credentials.read_only_rest_token} />
      </dl>
    </Part>
  );
}

function Part(props: { title: string; children: React.ReactNode }) {
  const heading = useId();
  return (
    <section className={styles.part} aria-labelledby={heading}>
      <h3 id={heading}>{props.title}</h3>
      {props.children}
    </section>
  );
}
