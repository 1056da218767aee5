import { ExternalLink } from "lucide-react";
import { m } from "@/messages/messages";

/** The way to the Upstash console, where keys are deleted. */
export function ConsoleLink(props: { url: string | undefined }) {
  // The target comes from the wire, so it has to be a web address: javascript: would run here.
  if (props.url === undefined || !/^https?:\/\//.test(props.url)) return null;
  return (
    <a className="button" href={props.url} target="_blank" rel="noreferrer">
      {m.keys_open_console()} <ExternalLink aria-hidden="true" />
      <span className="visually-hidden">{m.keys_new_tab()}</span>
    </a>
  );
}
