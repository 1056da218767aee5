import type { QueryClient } from "@tanstack/react-query";
import type { Database, DatabaseSettings } from "@/shared/api/types";
import { taggedKey } from "@/shared/session/read-cached";
import { accountKey } from "@/shared/session/session";

// Keys carry the connection's id: after a change of account nothing of the old one can be shown, not even once.
export const listKey = (account: string) => [accountKey, account, "databases"] as const;
export const oneKey = (account: string, id: string) => [accountKey, account, "database", id] as const;
export const statsKey = (account: string, id: string) => [accountKey, account, "stats", id] as const;
export const backupsKey = (account: string, id: string) => [accountKey, account, "backups", id] as const;
export const settingsKey = (account: string, id: string) => [accountKey, account, "settings", id] as const;
const deletedKey = (account: string) => [accountKey, account, "deleted"] as const;
/** The server may answer a list from a short-lived cache that does not know the newest database yet. */
export function withNewcomer(list: Database[], newcomer: Database | undefined): Database[] {
  if (newcomer === undefined || list.some(({ id }) => id === newcomer.id)) return list;
  return [...list, newcomer];
}

/** A list that was read before a delete took effect must not show the database again. Ids are never reused. */
export function withoutDeleted(client: QueryClient, account: string, list: Database[]): Database[] {
  const deleted = client.getQueryData<string[]>(deletedKey(account));
  return deleted === undefined ? list : list.filter(({ id }) => !deleted.includes(id));
}

/** Removes a deleted database from what is shown. Its own page may still be open; forgetDatabase does the rest. */
export function noteDeleted(client: QueryClient, account: string, id: string): void {
  client.setQueryData<string[]>(deletedKey(account), (before = []) => [...before, id]);
  client.setQueryData<Database[]>(listKey(account), (list) => list?.filter((other) => other.id !== id));
}

/** Forgets all about a database, once nothing on the page shows it. */
export function forgetDatabase(client: QueryClient, account: string, id: string): void {
  for (const key of [oneKey, statsKey, backupsKey, settingsKey]) {
    client.removeQueries({ queryKey: key(account, id) });
    client.removeQueries({ queryKey: taggedKey(key(account, id)) });
  }
}

/** Shows what a change returned, and reads the database again for everything else. */
export async function noteSettings(
  client: QueryClient,
  account: string,
  settings: DatabaseSettings,
): Promise<void> {
  const { id, name } = settings;
  const one = oneKey(account, id);
  const list = listKey(account);
  // A response that was sent before the change must not replace what is known after it.
  await Promise.all([client.cancelQueries({ queryKey: one }), client.cancelQueries({ queryKey: list })]);
  client.setQueryData(settingsKey(account, id), settings);
  if (name !== undefined) {
    const renamed = (database: Database) => (database.id === id ? { ...database, name } : database);
    client.setQueryData<Database>(one, (before) => before && renamed(before));
    client.setQueryData<Database[]>(list, (before) => before?.map(renamed));
  }
  await Promise.all([
    client.invalidateQueries({ queryKey: one }),
    client.invalidateQueries({ queryKey: list }),
  ]);
}
