import { useState } from "react";
import { m } from "@/messages/messages";
import facts from "@/shared/page/facts.module.css";
import { CopyButton } from "@/shared/ui/copy-button";

/** A secret that the user can copy without showing it. */
export function SecretValue({ label, value }: { label: string; value: string }) {
  const [shown, setShown] = useState(false);
  return (
    <div className={facts.fact}>
      <dt>{label}</dt>
      <dd>
        {shown ? (
          <code>{value}</code>
        ) : (
          <>
            <code aria-hidden="true">••••••••••••</code>
            <span className="visually-hidden">{m.credentials_value_hidden()}</span>
          </>
        )}
        <span className={facts.buttons}>
          <button
            type="button"
            className="button button-small"
            aria-label={
              shown ? m.credentials_hide_what({ what: label }) : m.credentials_show_what({ what: label })
            }
            onClick={() => setShown(!shown)}
          >
            {shown ? m.credentials_hide() : m.credentials_show()}
          </button>
          <CopyButton what={label} text={value} />
        </span>
      </dd>
    </div>
  );
}
