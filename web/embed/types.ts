import type { ConnectEvent } from "./v1.d.ts";

export type {
  ConnectEvent,
  ConnectEventType,
  ConnectFailure,
  ConnectHandle,
  ConnectSession,
  OpenOptions,
} from "./v1.d.ts";

/** What the server reports of a connect session. */
export interface Status {
  state: string;
  grant_id?: string;
  database_id?: string;
  left?: boolean;
}

export type Listener = (event: ConnectEvent) => void;
