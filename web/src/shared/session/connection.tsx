import { createContext, type ReactNode, useContext } from "react";
import type { Connection } from "@/shared/api/types";

const ConnectionContext = createContext<Connection | null>(null);

/** Makes the connected account known to everything that is shown only while connected. */
export function ConnectionProvider(props: { connection: Connection; children: ReactNode }) {
  return <ConnectionContext value={props.connection}>{props.children}</ConnectionContext>;
}

/** The connected account. Only to be used below ConnectionProvider. */
export function useConnection(): Connection {
  const connection = useContext(ConnectionContext);
  if (connection === null) throw new Error("useConnection is used outside ConnectionProvider");
  return connection;
}
