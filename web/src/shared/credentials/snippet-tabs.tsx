import { useState } from "react";
import { CopyButton } from "@/shared/ui/copy-button";
import { Tabs } from "@/shared/ui/tabs";
import styles from "./snippet-tabs.module.css";

export interface Snippet {
  id: string;
  label: string;
  text: string;
}

/** What stands on the screen in place of a secret. */
export const mask = "••••••••••••";

interface Props {
  /** The snippets with their secrets, to copy. */
  full: Snippet[];
  /** The same snippets with every secret masked. */
  hidden: Snippet[];
}

/** Snippets to paste into a project, one per tab. Secrets are masked on the screen, and copied in full. */
export function SnippetTabs({ full, hidden }: Props) {
  const [index, setIndex] = useState(0);
  const [shown, setShown] = useState(false);
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
