import { useState } from "react";
import facts from "@/shared/page/facts.module.css";
import { CopyButton } from "@/shared/ui/copy-button";

/** A secret that the user can copy without showing it. */
export function SecretValue(props: { label: string; value: string }) {
  const [shown, setShown] = useState(false);
  return (
    <div className={facts.fact}>
      <dt>{props.label}</dt>
      <dd>
        {shown ? (
          <code>{props.value}</code>
        ) : (
          <>
            <code aria-hidden="true">••••••••••••</code>
            <span className="visually-hidden">hidden</span>
          </>
        )}
        <span className={facts.buttons}>
          <button
            type="button"
            className="button button-small"
            aria-label={`${shown ? "Hide" : "Show"} ${props.label}`}
            onClick={() => setShown(!shown)}
          >
            {shown ? "Hide" : "Show"}
          </button>
          <CopyButton what={props.label} text={props.value} />
        </span>
      </dd>
    </div>
  );
}
