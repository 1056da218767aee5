import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Doubt } from "@/features/consent/consent-flow";
import type { PickerProps } from "@/features/consent/consent-page";
import { DatabasePicker } from "@/features/databases/database-picker";
import { m } from "@/messages/messages";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { ConnectionProvider } from "@/shared/session/connection";
import { type SessionState, sessionQuery } from "@/shared/session/session";
import { Skeleton } from "@/shared/ui/skeleton";

/** The picker of a connect session, for the account that the user chose there. */
export function SessionDatabasePicker(props: PickerProps) {
  const query = useQuery(sessionQuery);
  const again = useBoundedRefetch(query.isSuccess, () => void query.refetch());
  const lost = query.data && lossOf(query.data, props.account.connection_id);

  // The session can end, and Upstash can reject the key, while the databases are listed.
  const report = useRef(props.onAccountLost);
  report.current = props.onAccountLost;
  useEffect(() => {
    if (lost !== undefined) report.current(lost);
  }, [lost]);

  if (query.data === undefined && query.error !== null) {
    return <ProblemNotice error={query.error} onRetry={again.now} onWaited={again.waited} />;
  }
  if (query.data?.kind !== "connected" || lost !== undefined) {
    return <Skeleton label={m.app_loading_databases()} />;
  }
  return (
    <ConnectionProvider connection={query.data.session.connection}>
      <DatabasePicker
        recipient={props.recipient}
        email={props.account.email}
        error={props.error}
        onConnect={props.onConnect}
        onDecline={props.onDecline}
      />
    </ConnectionProvider>
  );
}

/** Why this browser can no longer list the databases of the account; undefined if it can. */
function lossOf(session: SessionState, account: string): Doubt | undefined {
  switch (session.kind) {
    case "connected":
      return session.session.connection.id === account ? undefined : "account_changed";
    case "reconnect":
      return "key_refused";
    default:
      return "session_ended";
  }
}
