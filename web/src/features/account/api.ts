import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/shared/api/client";
import { leaveAccount } from "@/shared/session/session";
import { rememberSignedOut } from "@/shared/session/signed-out";

/** Logs out of us (not of Upstash), in this browser or in every one. */
export function useSignOut(onDone?: (everywhere: boolean) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (everywhere: boolean) =>
      dataOf(api.DELETE("/session", everywhere ? { params: { query: { everywhere: true } } } : {})),
    onSuccess: (_, everywhere) => {
      rememberSignedOut();
      leaveAccount(client, { kind: "anonymous" });
      onDone?.(everywhere);
    },
  });
}

/** Disconnects the account: destroys the sealed developer key. The response lists the keys left to delete by hand. */
export function useDisconnect(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => dataOf(api.DELETE("/connection")),
    onSuccess: ({ leftover_keys, ended_grants = 0 }) => {
      rememberSignedOut();
      leaveAccount(client, { kind: "disconnected", leftoverKeys: leftover_keys, endedGrants: ended_grants });
      onDone();
    },
  });
}
