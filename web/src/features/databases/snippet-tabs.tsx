import { type KeyboardEvent, useRef, useState } from "react";
import type { Credentials } from "@/shared/api/types";
import { useRedisCaFile } from "@/shared/session/config";
import { CopyButton } from "@/shared/ui/copy-button";
import { covered, snippets } from "./snippets";
import "./snippet-tabs.css";

/** Snippets to paste, one per tab (WAI-ARIA tabs pattern: arrows move, Tab goes on into the panel). */
export function SnippetTabs(props: { credentials: Credentials }) {
  const [index, setIndex] = useState(0);
  const [shown, setShown] = useState(false);
  const tabs = useRef<HTMLDivElement>(null);

  const caFile = useRedisCaFile();
  const real = snippets(props.credentials, caFile);
  const masked = snippets(covered(props.credentials), caFile);
  const current = real[index];
  const visible = (shown ? real : masked)[index];
  if (current === undefined || visible === undefined) return null;

  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = (index + step + real.length) % real.length;
    setIndex(next);
    tabs.current?.querySelectorAll<HTMLElement>('[role="tab"]')[next]?.focus();
  };

  return (
    <div className="snippets">
      <h3>Use it in your project</h3>
      <div
        className="snippet-tabs"
        role="tablist"
        aria-label="Snippets"
        tabIndex={-1}
        ref={tabs}
        onKeyDown={move}
      >
        {real.map((snippet, position) => (
          <button
            key={snippet.id}
            type="button"
            role="tab"
            id={`tab-${snippet.id}`}
            aria-selected={position === index}
            aria-controls="snippet-panel"
            tabIndex={position === index ? 0 : -1}
            onClick={() => setIndex(position)}
          >
            {snippet.label}
          </button>
        ))}
      </div>
      <div className="snippet-panel" role="tabpanel" id="snippet-panel" aria-labelledby={`tab-${current.id}`}>
        <section aria-label={`${current.label} snippet`}>
          <pre>
            <code>{visible.text}</code>
          </pre>
        </section>
        <div className="actions">
          <CopyButton what={`${current.label} snippet`} text={current.text} />
          {current.text !== masked[index]?.text && (
            <label className="check">
              <input type="checkbox" checked={shown} onChange={(event) => setShown(event.target.checked)} />
              Show secrets in the snippet
            </label>
          )}
        </div>
      </div>
    </div>
  );
}
