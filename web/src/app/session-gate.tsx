import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useConnect } from "@/features/connect/connect-provider";
import { LandingPage } from "@/features/connect/landing-page";
import { m } from "@/messages/messages";
import { lazyComponent } from "@/shared/lazy/lazy-component";
import { Notice } from "@/shared/page/notice";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { configQuery } from "@/shared/session/config";
import { ConnectionProvider } from "@/shared/session/connection";
import { forgetDeparture } from "@/shared/session/departure";
import { rememberConnected, wasConnected } from "@/shared/session/returning";
import { accountKey, type SessionState, sessionQuery } from "@/shared/session/session";
import { FocusOnChange } from "@/shared/ui/focus-on-change";
import { Skeleton } from "@/shared/ui/skeleton";
import { Shell } from "./shell";

// The pages of a connected account are one file: once it is shown, nothing of it has to load, and nothing can be missing.
// A first visit does not load it.
const loading = { label: m.app_loading, lines: 4 };
const ConnectedApp = lazyComponent(async () => (await import("./connected-app")).ConnectedApp, {
  ...loading,
  frame: Shell,
});
const DisconnectedPage = lazyComponent(
  async () => (await import("./connected-app")).DisconnectedPage,
  loading,
);
const InterruptedPage = lazyComponent(async () => (await import("./connected-app")).InterruptedPage, loading);

/** Reads the session before it shows anything, then shows the pages for a connected account or for a first visit. */
export function SessionGate() {
  const client = useQueryClient();
  const session = useQuery(sessionQuery);
  const config = useQuery(configQuery);
  const kind = session.data?.kind;
  const again = useBoundedRefetch(session.isSuccess && config.isSuccess, () => {
    if (session.isError) void session.refetch();
    if (config.isError) void config.refetch();
  });

  // The file loads while the session is read, or while the user logs in, not afterwards.
  const expected = useConnect().state.name !== "idle";
  useEffect(() => {
    if (expected || wasConnected()) ConnectedApp.preload();
  }, [expected]);

  useEffect(() => {
    if (kind !== undefined) rememberConnected(kind === "connected");
  }, [kind]);

  useEffect(() => {
    if (kind === "connected") forgetDeparture();
    // Not connected: remove the account's data from the cache.
    else client.removeQueries({ queryKey: [accountKey] });
  }, [client, kind]);

  const error = session.data === undefined ? session.error : config.data === undefined ? config.error : null;
  if (error !== null) {
    return (
      <Shell>
        <Notice title={m.app_not_loaded_title()}>
          <ProblemNotice error={error} onRetry={again.now} onWaited={again.waited} />
        </Notice>
      </Shell>
    );
  }
  if (session.data === undefined || config.data === undefined) {
    return (
      <Shell>
        <Skeleton label={m.app_loading()} lines={4} />
      </Shell>
    );
  }
  return (
    <>
      <FocusOnChange value={session.data.kind} />
      <PageForSession state={session.data} />
    </>
  );
}

function PageForSession({ state }: { state: SessionState }) {
  switch (state.kind) {
    case "connected":
      return (
        <ConnectionProvider connection={state.session.connection}>
          <ConnectedApp />
        </ConnectionProvider>
      );
    case "anonymous":
      return (
        <Shell>
          <LandingPage />
        </Shell>
      );
    case "ended":
    case "reconnect":
      return (
        <Shell>
          <InterruptedPage kind={state.kind} />
        </Shell>
      );
    case "disconnected":
      return (
        <Shell>
          <DisconnectedPage keys={state.leftoverKeys} endedGrants={state.endedGrants} />
        </Shell>
      );
  }
}
