import { expect, test } from "vitest";
import { detailLabel } from "./detail-label";

test.each([
  ["state_changed", "pending -> active", "The connection is active"],
  ["state_changed", "active -> unheard_of", "active -> unheard_of"],
  ["state_changed", "more than 32 within an hour", "more than 32 within an hour"],
  ["grant_approved", "service shop", "Service: shop"],
  ["grant_refused", "service shop, database db-1", "Service: shop. Database: db-1"],
  ["grant_failed", "something else", "something else"],
  ["grant_created", "redis.create, redis.list", "May create databases, list databases"],
  ["grant_created", "4 scopes", "4 scopes"],
  [
    "grant_narrowed",
    "scopes: [redis.get redis.list]; max_databases: 3",
    "May: read database details, list databases; Maximum number of databases: 3",
  ],
  ["grant_narrowed", "databases: created; plans: [free payg]", "Databases: created; Plans: free, payg"],
  ["grant_narrowed", "databases: unheard-of", "Databases: unheard-of"],
  ["grant_narrowed", "something else", "something else"],
  ["grant_revoked", "by user", "You revoked it"],
  ["connected", "Created developer key NAME", "Created developer key NAME"],
  ["connected", "Reused developer key NAME", "Reused developer key NAME"],
  ["connected", "In another form", "In another form"],
])("the detail of %s, %j, reads %j", (action, detail, label) => {
  expect(detailLabel(action, detail)).toBe(label);
});
