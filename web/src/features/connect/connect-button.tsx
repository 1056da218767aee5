import { useRef } from "react";
import { m } from "@/messages/messages";
import { useConnect } from "./connect-provider";
import { useLoginEnded } from "./use-login-ended";

/** The one button that starts a login at Upstash. It steps aside while one is running. */
export function ConnectButton(props: { label?: string }) {
  const { state, start } = useConnect();
  const button = useRef<HTMLButtonElement>(null);
  useLoginEnded(() => button.current?.focus());
  if (state.name !== "idle") return null;
  return (
    <button ref={button} type="button" className="button button-primary button-large" onClick={() => start()}>
      {props.label ?? m.connect_button()}
    </button>
  );
}
