/** The wire types of services and grants, named: they are generated from openapi.yaml, where some words are open lists. */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

/** Which databases of the account are covered, from the narrowest to the widest. */
export type Reach = "selected" | "created" | "all";

/** What may be done, and how much of it. */
export type Policy = Omit<Schemas["Policy"], "databases"> & { databases: Reach };

export type TransactionService = Schemas["AskingService"];

/** The browser's side of a connect session: who asks for what, and for which account. */
export type Transaction = Omit<Schemas["Transaction"], "asked"> & { asked: Policy };

/** What the user allows: what was asked, or less. */
export type Approval = Partial<Policy> &
  Pick<Schemas["ApprovalRequest"], "id" | "connection_id" | "database_id">;

/** Where the browser goes when the user has decided. */
export type ReturnTarget = Schemas["Return"];

export type GrantState = "active" | "paused" | "revoked";

/** One service's permission to act for one user. */
export type Grant = Omit<Schemas["Grant"], "databases" | "state"> & { databases: Reach; state: GrantState };

/** Something that happened to the connection, or was done with it. */
export type ConnectionEvent = Schemas["Event"];

/** What is left after a disconnect. */
export type DisconnectionOfServices = Schemas["Disconnected"];
