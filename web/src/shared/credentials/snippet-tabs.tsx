import { Download } from "lucide-react";
import { useState } from "react";
import { m } from "@/messages/messages";
import { CopyButton } from "@/shared/ui/copy-button";
import { Tabs } from "@/shared/ui/tabs";
import { CommandLine } from "./command-line";
import { downloadText } from "./download-text";
import { mask } from "./mask";
import styles from "./snippet-tabs.module.css";

export interface Snippet {
  id: string;
  label: string;
  /** The command that installs what the snippet needs. */
  install?: string;
  /** What the reader does with the text. */
  note?: string;
  text: string;
  /** The text can also be downloaded as a file. */
  download?: boolean;
}

interface Props {
  /** The snippets with their secrets, to copy; undefined before the secrets are revealed. */
  full: Snippet[] | undefined;
  /** The same snippets with every secret masked. */
  hidden: Snippet[];
  /** Whether the secrets are on the screen. */
  shown: boolean;
  /** What a downloaded file is called, before the label of its snippet: "orders" for orders.env. */
  fileName: string;
}

/** Snippets to paste into a project, one per tab. Secrets are masked on the screen, and copied in full. */
export function SnippetTabs({ full, hidden, shown, fileName }: Props) {
  const [index, setIndex] = useState(0);
  const masked = hidden[index];
  if (masked === undefined) return null;

  const secret = full?.[index];
  // A snippet without a secret can be copied at any time.
  const complete = secret ?? (masked.text.includes(mask) ? undefined : masked);
  return (
    <div className={styles.snippets}>
      <Tabs label={m.credentials_snippets()} tabs={hidden} selected={index} onSelect={setIndex}>
        {masked.install !== undefined && (
          <CommandLine
            what={m.credentials_install({ label: masked.label })}
            shown={masked.install}
            full={masked.install}
          />
        )}
        <section className={styles.text} aria-label={m.credentials_snippet({ label: masked.label })}>
          <pre>
            <code>{shown && secret !== undefined ? secret.text : masked.text}</code>
          </pre>
        </section>
        <div className={`actions ${styles.actions}`}>
          {complete !== undefined && (
            <>
              <CopyButton what={m.credentials_snippet({ label: masked.label })} text={complete.text} />
              {complete.download === true && (
                <button
                  type="button"
                  className="button button-small"
                  onClick={() => downloadText(`${fileName}${complete.label}`, `${complete.text}\n`)}
                >
                  <Download aria-hidden="true" /> {m.credentials_download({ label: complete.label })}
                </button>
              )}
            </>
          )}
          {masked.note !== undefined && <p className="hint">{masked.note}</p>}
        </div>
      </Tabs>
    </div>
  );
}
