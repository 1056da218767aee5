import { expect, test } from "vitest";
import { eventWords } from "./event-words";

test.each([
  ["database_created", "db-1", "Database created", "db-1", "/databases/db-1"],
  ["credentials_revealed", "db-1", "Credentials revealed", "db-1", "/databases/db-1"],
  ["database_pinged", "db-1", "Connection to a database tested", "db-1", "/databases/db-1"],
  [
    "credentials_revealed",
    "vector.credentials v-1",
    "Read the tokens of a Vector index",
    "v-1",
    "/vector/v-1",
  ],
  ["resource_created", "vector.create v-1", "Created a Vector index", "v-1", "/vector/v-1"],
  ["resource_changed", "redis.rename db-1", "Renamed a database", "db-1", "/databases/db-1"],
  ["resource_changed", "qstash.rotate-token q/1", "Rotated the tokens of a QStash", "q/1", "/qstash/q%2F1"],
  ["resource_created", "redis.backup.create b-1", "Created a backup of a database", "b-1", undefined],
  ["resource_deleted", "search.delete s-1", "Deleted a Search index", "s-1", undefined],
  ["resource_changed", "kafka.rename k-1", "Resource changed", "kafka.rename k-1", undefined],
  ["credentials_revealed", "more than 32 within", "Credentials revealed", "more than 32 within", undefined],
  [
    "api_called",
    "DELETE /v2/redis/database/x",
    "Called the Upstash API",
    "DELETE /v2/redis/database/x",
    undefined,
  ],
  [
    "grant_created",
    "vector.delete, redis.list",
    "Service received access",
    "May delete Vector indexes, list databases",
    undefined,
  ],
])("%s %j reads %j", (action, detail, title, words, href) => {
  expect(eventWords({ action, detail })).toEqual({
    title,
    detail: words,
    ...(href === undefined ? {} : { href }),
  });
});
