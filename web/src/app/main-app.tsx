import { useCallback } from "react";
import { ConnectProvider } from "@/features/connect/connect-provider";
import { m } from "@/messages/messages";
import { useAnnounce } from "@/shared/ui/announcer";
import { SessionGate } from "./session-gate";

/** The page behind the login window. */
export function MainApp() {
  const announce = useAnnounce();
  const onConnected = useCallback((email: string) => announce(m.app_connected({ email })), [announce]);
  return (
    <ConnectProvider onConnected={onConnected}>
      <SessionGate />
    </ConnectProvider>
  );
}
