import { ExternalLink } from "lucide-react";
import type { LeftoverKey } from "@/shared/api/types";
import { CopyButton } from "./copy-button";
import "./leftover-key-list.css";

/** Keys that only the user can delete, in the Upstash console: by name, with the way there. */
export function LeftoverKeyList(props: { keys: readonly LeftoverKey[] }) {
  const console = consoleUrl(props.keys[0]?.console_url);
  return (
    <>
      <ul className="leftover-keys">
        {props.keys.map((key) => (
          <li key={key.name}>
            <code>{key.name}</code>
            <CopyButton what={`key name ${key.name}`} text={key.name} />
            {key.state === "uncertain" && (
              <p className="hint">
                We could not find out whether Upstash made this one. It may not be there.
              </p>
            )}
          </li>
        ))}
      </ul>
      {console !== undefined && (
        <a className="button" href={console} target="_blank" rel="noreferrer">
          Open the Upstash console <ExternalLink aria-hidden="true" />
          <span className="visually-hidden">(opens in a new tab)</span>
        </a>
      )}
    </>
  );
}

/** A link target comes from the wire, so it has to be a web address: javascript: would run here. */
function consoleUrl(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  return /^https?:\/\//.test(url) ? url : undefined;
}
