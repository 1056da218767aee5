import { ExternalLink } from "lucide-react";
import { m } from "@/messages/messages";
import { useConsoleUrl } from "@/shared/session/config";

interface Props {
  id: string;
  /** The most important action of the screen. */
  primary?: boolean;
  /** In a row of a list, where the name tells one link from the next. */
  name?: string;
}

/** The page of a database in the Upstash console. */
export function OpenInUpstash({ id, primary = false, name }: Props) {
  const url = databasePage(useConsoleUrl(), id);
  if (url === undefined) return null;
  const size = primary ? "button-primary" : "button-small";
  return (
    <a className={`button ${size}`} href={url} target="_blank" rel="noreferrer">
      {m.databases_open_in_upstash()} <ExternalLink aria-hidden="true" />
      {name !== undefined && <span className="visually-hidden">{name}</span>}
      <span className="visually-hidden">{m.databases_new_tab()}</span>
    </a>
  );
}

/** console_url is the page /account/api of the console. That of a database is /redis/<id>. */
export function databasePage(consoleUrl: string | undefined, id: string): string | undefined {
  // The target comes from the wire, so it has to be a web address: javascript: would run here.
  if (consoleUrl === undefined || !/^https?:\/\//.test(consoleUrl)) return undefined;
  return new URL(`../redis/${encodeURIComponent(id)}`, consoleUrl).href;
}
