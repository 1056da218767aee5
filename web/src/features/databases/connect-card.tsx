import { useEffect, useId, useState } from "react";
import { m } from "@/messages/messages";
import type { Credentials, Database } from "@/shared/api/types";
import { CommandLine } from "@/shared/credentials/command-line";
import { ConnectPanel } from "@/shared/credentials/connect-panel";
import { SecretValue } from "@/shared/credentials/secret-value";
import { SnippetTabs } from "@/shared/credentials/snippet-tabs";
import facts from "@/shared/page/facts.module.css";
import { useRedisCaFile } from "@/shared/session/config";
import { useAnnounce } from "@/shared/ui/announcer";
import { type Access, accessOf, maskedAccess, type Right, readOnlyToken, redisUrl } from "./access";
import { useRevealCredentials } from "./api";
import { curl } from "./commands";
import styles from "./connect-card.module.css";
import { ConnectionTest } from "./connection-test";
import { snippets } from "./snippets";

/** How to use a database: what to copy, snippets, a test, and its secrets. */
export function ConnectCard({ database, replaced }: { database: Database; replaced: boolean }) {
  const [right, setRight] = useState<Right>("full");
  const caFile = useRedisCaFile();
  return (
    <ConnectPanel
      reveal={useRevealCredentials(database.id)}
      hint={m.databases_connect_hint()}
      replaced={replaced}
    >
      {(credentials, shown) => {
        const hasReader = credentials === undefined || readOnlyToken(credentials) !== undefined;
        const full = credentials && accessOf(credentials, right, caFile);
        const masked = maskedAccess(database, right, caFile, hasReader);
        const visible = shown && full !== undefined ? full : masked;
        return (
          <>
            {hasReader ? <RightChoice right={right} onChange={setRight} /> : <FullOnly chosen={right} />}
            <Part title={m.databases_connection_string()}>
              <CommandLine
                what={m.databases_connection_string_what()}
                shown={redisUrl(visible)}
                full={full && redisUrl(full)}
              />
            </Part>
            <SnippetTabs
              full={full && snippets(full)}
              hidden={snippets(masked)}
              shown={shown}
              fileName={database.name}
            />
            <Part title={m.databases_test()}>
              <ConnectionTest database={database} />
              <OwnTest visible={visible} full={full} />
            </Part>
            {credentials !== undefined && <Secrets credentials={credentials} right={masked.right} />}
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
      <legend className="visually-hidden">{m.databases_access()}</legend>
      <label>
        <input type="radio" name={name} checked={right === "full"} onChange={() => onChange("full")} />
        {m.databases_access_full()}
      </label>
      <label>
        <input
          type="radio"
          name={name}
          checked={right === "read-only"}
          onChange={() => onChange("read-only")}
        />
        {m.databases_access_read_only()}
      </label>
      {right === "read-only" && <p className="hint">{m.databases_access_read_only_hint()}</p>}
    </fieldset>
  );
}

/** Says that nothing below is read-only, aloud if the user had chosen that. */
function FullOnly({ chosen }: { chosen: Right }) {
  const announce = useAnnounce();

  useEffect(() => {
    if (chosen === "read-only") announce(m.databases_access_full_only());
  }, [chosen, announce]);

  return <p className="hint">{m.databases_access_full_only()}</p>;
}

/** The server's test does not cover the user's own network, so this command tests from there. */
function OwnTest({ visible, full }: { visible: Access; full: Access | undefined }) {
  const line = (access: Access) => curl(access, "ping");
  return (
    <>
      <p className="hint">{m.databases_test_own_hint()}</p>
      <CommandLine what={m.databases_test_curl()} shown={line(visible)} full={full && line(full)} />
    </>
  );
}

/** The secrets that give this right, or less. */
function Secrets({ credentials, right }: { credentials: Credentials; right: Right }) {
  const reader = readOnlyToken(credentials);
  return (
    <Part title={m.databases_secrets()}>
      <dl className={facts.facts}>
        {right === "full" && (
          <>
            <SecretValue label={m.databases_password()} value={credentials.password} />
            <SecretValue label={m.databases_rest_token()} value={credentials.rest_token} />
          </>
        )}
        {reader !== undefined && <SecretValue label={m.databases_read_only_token()} value={reader} />}
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
