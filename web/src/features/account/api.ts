import { useMutation, useQueryClient } from "@tanstack/react-query";
import { callApi } from "@/shared/api/client";
import type { DisconnectionOfServices } from "@/shared/api/services";
import { rememberDeparture } from "@/shared/session/departure";
import { leaveAccount } from "@/shared/session/session";

/** Logs out of us (not of Upstash), in this browser or in every one. */
export function useSignOut(onDone?: (everywhere: boolean) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (everywhere: boolean) =>
      callApi<void>("DELETE", everywhere ? "/session?everywhere=true" : "/session"),
    onSuccess: (_, everywhere) => {
      rememberDeparture();
      leaveAccount(client, { kind: "anonymous" });
      onDone?.(everywhere);
    },
  });
}

/** Destroys our copy of the developer key. The answer names what is left to delete by hand. */
export function useDisconnect(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => callApi<DisconnectionOfServices>("DELETE", "/connection"),
    onSuccess: ({ leftover_keys, ended_grants = 0 }) => {
      rememberDeparture();
      leaveAccount(client, { kind: "disconnected", leftoverKeys: leftover_keys, endedGrants: ended_grants });
      onDone();
    },
  });
}
