/** Names for the wire types of our own server, /api/v1, which are generated from openapi.yaml. */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Config = Schemas["Config"];
export type LeftoverKey = Schemas["LeftoverKey"];
export type Connection = Schemas["Connection"];
export type Session = Schemas["Session"];
export type SessionRequest = Schemas["SessionRequest"];
export type Disconnection = Schemas["Disconnected"];
export type Database = Schemas["Database"];
export type CreateDatabase = Schemas["CreateDatabaseRequest"];
export type DatabaseSettings = Schemas["DatabaseSettings"];
export type DatabaseStats = Schemas["DatabaseStats"];
export type Backup = Schemas["Backup"];
export type Credentials = Schemas["Credentials"];
/** The outcome of a connection test. */
export type PingResult = Schemas["PingResult"];
/** What has a name in another language keeps that of the server too, which is English. */
interface Translatable {
  serverLabel?: string;
}
export type Region = Schemas["Region"] & Translatable;
/** A platform or a plan: both are an id and a label for people. */
export type Choice = (Schemas["Platform"] | Schemas["Plan"]) & Translatable;
export type Catalog = Omit<Schemas["Catalog"], "regions" | "plans"> & { regions: Region[]; plans: Choice[] };
export type FieldFault = Schemas["FieldFault"];
/** RFC 9457 problem document, with our extension members. */
export type Problem = Schemas["Problem"];
export type VectorIndex = Schemas["VectorIndex"];
export type CreateVectorIndex = Schemas["VectorCreateRequest"];
export type SearchIndex = Schemas["SearchIndex"];
export type CreateSearchIndex = Schemas["SearchCreateRequest"];
export type QStash = Schemas["QStash"];
/** What the calls to reveal the tokens of an index or a QStash answer. */
export type Tokens = Schemas["VectorCredentials"] &
  Schemas["SearchCredentials"] &
  Schemas["QStashCredentials"];
export type ResourceStats = Schemas["IndexStats"] & Schemas["QStashStats"];
