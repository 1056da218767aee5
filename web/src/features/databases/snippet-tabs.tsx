import { useState } from "react";
import type { Credentials } from "@/shared/api/types";
import styles from "@/shared/credentials/snippet-tabs.module.css";
import { useRedisCaFile } from "@/shared/session/config";
import { CopyButton } from "@/shared/ui/copy-button";
import { Tabs } from "@/shared/ui/tabs";
import { masked, snippets } from "./snippets";

/** Snippets to paste into a project, one per tab. Secrets are masked on the screen, and copied in full. */
export function SnippetTabs(props: { credentials: Credentials }) {
  const [index, setIndex] = useState(0);
  const [shown, setShown] = useState(false);

  const caFile = useRedisCaFile();
  const full = snippets(props.credentials, caFile);
  const hidden = snippets(masked(props.credentials), caFile);
  const current = full[index];
  const visible = (shown ? full : hidden)[index];
  if (current === undefined || visible === undefined) return null;

  return (
    <div className={styles.snippets}>
      <h3>Use it in your project</h3>
      <Tabs label="Snippets" tabs={full} selected={index} onSelect={setIndex}>
        <section className={styles.text} aria-label={`${current.label} snippet`}>
          <pre>
            <code>{visible.text}</code>
          </pre>
        </section>
        <div className="actions">
          <CopyButton what={`${current.label} snippet`} text={current.text} />
          {current.text !== hidden[index]?.text && (
            <label className="check">
              <input type="checkbox" checked={shown} onChange={(event) => setShown(event.target.checked)} />
              Show secrets in the snippet
            </label>
          )}
        </div>
      </Tabs>
    </div>
  );
}
