import { useQuery } from "@tanstack/react-query";
import type { PickerProps } from "@/features/consent/consent-page";
import { DatabasePicker } from "@/features/databases/database-picker";
import { ConnectionProvider } from "@/shared/session/connection";
import { sessionQuery } from "@/shared/session/session";
import { Skeleton } from "@/shared/ui/skeleton";

/** The picker of a connect session, for the account that the user chose there. */
export function SessionDatabasePicker(props: PickerProps) {
  const session = useQuery(sessionQuery).data;
  if (session?.kind !== "connected") return <Skeleton label="Loading your databases" />;
  return (
    <ConnectionProvider connection={session.session.connection}>
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
