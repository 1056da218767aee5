import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useConnect } from "@/features/connect/connect-provider";
import { EndedPage, ReconnectPage } from "@/features/connect/interrupted-page";
import { LandingPage } from "@/features/connect/landing-page";
import { lazyComponent } from "@/shared/lazy/lazy-component";
import { Notice } from "@/shared/page/notice";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { configQuery } from "@/shared/session/config";
import { ConnectionProvider } from "@/shared/session/connection";
import { rememberConnected, wasConnected } from "@/shared/session/returning";
import { accountKey, type SessionState, sessionQuery } from "@/shared/session/session";
import { forgetSignedOut } from "@/shared/session/signed-out";
import { FocusOnChange } from "@/shared/ui/focus-on-change";
import { Skeleton } from "@/shared/ui/skeleton";
import { Shell } from "./shell";

// All that there is for a connected account is one file, so that nothing of it has to be waited for, or can be missing,
// once it is shown. A first visit shows none of it.
const loading = { label: "Loading", lines: 4 };
const ConnectedApp = lazyComponent(async () => (await import("./connected-app")).ConnectedApp, {
  ...loading,
  frame: Shell,
});
const DisconnectedPage = lazyComponent(
  async () => (await import("./connected-app")).DisconnectedPage,
  loading,
);

/** Asks who is here before anything is shown, and shows what fits. */
export function SessionGate() {
  const client = useQueryClient();
  const session = useQuery(sessionQuery);
  const config = useQuery(configQuery);
  const kind = session.data?.kind;
  const again = useBoundedRefetch(session.isSuccess && config.isSuccess, () => {
    if (session.isError) void session.refetch();
    if (config.isError) void config.refetch();
  });

  // It is loaded while the server is asked, or the user logs in, instead of after that.
  const expected = useConnect().state.name !== "idle";
  useEffect(() => {
    if (expected || wasConnected()) ConnectedApp.preload();
  }, [expected]);

  useEffect(() => {
    if (kind !== undefined) rememberConnected(kind === "connected");
  }, [kind]);

  useEffect(() => {
    if (kind === "connected") forgetSignedOut();
    // Not connected (any longer): nothing of the account may stay behind in the cache.
    else client.removeQueries({ queryKey: [accountKey] });
  }, [client, kind]);

  const error = session.data === undefined ? session.error : config.data === undefined ? config.error : null;
  if (error !== null) {
    return (
      <Shell>
        <Notice title="This page could not be loaded">
          <ProblemNotice error={error} onRetry={again.now} onWaited={again.waited} />
        </Notice>
      </Shell>
    );
  }
  if (session.data === undefined || config.data === undefined) return <Skeleton label="Loading" lines={4} />;
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
      return (
        <Shell>
          <EndedPage />
        </Shell>
      );
    case "reconnect":
      return (
        <Shell>
          <ReconnectPage />
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
