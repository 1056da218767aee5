import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/shared/api/client";
import { rememberDeparture } from "@/shared/session/departure";
import { leaveAccount } from "@/shared/session/session";

/** Logs out of us (not of Upstash), in this browser or in every one. */
export function useSignOut(onDone?: (everywhere: boolean) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (everywhere: boolean) =>
      dataOf(api.DELETE("/session", everywhere ? { params: { query: { everywhere: true } } } : {})),
    onSuccess: (_, everywhere) => {
      rememberDeparture("signed_out");
      leaveAccount(client, { kind: "anonymous" });
      onDone?.(everywhere);
    },
  });
}

/** Ends a session whose account is disconnected. The user has disconnected, so nothing says that they signed out. */
export function useFinishDisconnect() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => dataOf(api.DELETE("/session")),
    onSuccess: () => {
      rememberDeparture("disconnected");
      leaveAccount(client, { kind: "anonymous" });
    },
  });
}

/** Disconnects the account: destroys the sealed developer key. The response lists the keys left to delete by hand. */
export function useDisconnect(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => dataOf(api.DELETE("/connection")),
    onSuccess: ({ leftover_keys, ended_grants = 0 }) => {
      rememberDeparture("disconnected");
      leaveAccount(client, { kind: "disconnected", leftoverKeys: leftover_keys, endedGrants: ended_grants });
      onDone();
    },
  });
}
