import type { ConnectEvent, ConnectEventType } from "./v1.d.ts";

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

/** Whether the session has ended. A user who closed the window may still finish in another tab. */
export function isFinal(type: ConnectEventType): boolean {
  return type === "completed" || type === "refused" || type === "failed";
}
