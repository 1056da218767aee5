import { useCallback } from "react";
import { ConnectProvider } from "@/features/connect/connect-provider";
import { useAnnounce } from "@/shared/ui/announcer";
import { SessionGate } from "./session-gate";

/** The page behind the login window. */
export function MainApp() {
  const announce = useAnnounce();
  const onConnected = useCallback((email: string) => announce(`Connected as ${email}`), [announce]);
  return (
    <ConnectProvider onConnected={onConnected}>
      <SessionGate />
    </ConnectProvider>
  );
}
