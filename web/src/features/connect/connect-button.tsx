import { useRef } from "react";
import { useBackToIdle } from "./back-to-idle";
import { useConnect } from "./connect-provider";

/** The one button that starts a login at Upstash. It steps aside while one is running. */
export function ConnectButton(props: { label?: string }) {
  const { state, start } = useConnect();
  const button = useRef<HTMLButtonElement>(null);
  useBackToIdle(() => button.current?.focus());
  if (state.name !== "idle") return null;
  return (
    <button ref={button} type="button" className="button button-primary button-large" onClick={() => start()}>
      {props.label ?? "Connect Upstash"}
    </button>
  );
}
