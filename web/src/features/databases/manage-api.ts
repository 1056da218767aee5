import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/shared/api/client";
import { confirmName } from "@/shared/api/confirm-name";
import type { Backup, Database, DatabaseSettings } from "@/shared/api/types";
import { useConnection } from "@/shared/session/connection";
import { readCached } from "@/shared/session/read-cached";
import { useWrite } from "@/shared/write/use-write";
import { backupsKey, noteDeleted, noteSettings, settingsKey, statsKey } from "./database-cache";

const pollWhilePending = 5_000;

export function useStats(id: string) {
  const account = useConnection().id;
  return useQuery({
    queryKey: statsKey(account, id),
    queryFn: ({ client, signal, queryKey }) =>
      readCached(client, queryKey, (headers) =>
        api.GET("/databases/{id}/stats", { params: { path: { id } }, headers, signal }),
      ),
  });
}

/** The backups of a database. While Upstash still makes one, the list is read again and again. */
export function useBackups(id: string) {
  const account = useConnection().id;
  return useQuery({
    queryKey: backupsKey(account, id),
    queryFn: async ({ client, signal, queryKey }) => {
      const { backups } = await readCached(client, queryKey, (headers) =>
        api.GET("/databases/{id}/backups", { params: { path: { id } }, headers, signal }),
      );
      return backups;
    },
    refetchInterval: ({ state }) =>
      state.data?.some((backup) => backup.state === "pending") === true ? pollWhilePending : false,
  });
}

/** What the last change of this visit returned; no call reads these values without a change. */
export function useKnownSettings(id: string): DatabaseSettings | undefined {
  const account = useConnection().id;
  return useQuery<DatabaseSettings>({ queryKey: settingsKey(account, id), queryFn: skipToken }).data;
}

export function useRename(id: string) {
  const noted = useNoteSettings();
  return useWrite({
    call: (name: string, key) =>
      dataOf(
        api.PATCH("/databases/{id}", {
          params: { path: { id }, header: { "Idempotency-Key": key } },
          body: { name },
        }),
      ),
    onDone: noted,
  });
}

export function useDelete({ id, name }: Database) {
  const client = useQueryClient();
  const account = useConnection().id;
  return useWrite({
    call: (_: null, key) => dataOf(api.DELETE("/databases/{id}", { params: guarded(id, name, key) })),
    onDone: () => noteDeleted(client, account, id),
  });
}

export function useResetPassword({ id, name }: Database) {
  const noted = useNoteSettings();
  return useWrite({
    call: (_: null, key) =>
      dataOf(api.POST("/databases/{id}/reset-password", { params: guarded(id, name, key) })),
    onDone: noted,
  });
}

export function useChangeRegions({ id, name }: Database, onChanged: () => void) {
  const noted = useNoteSettings(onChanged);
  return useWrite({
    call: (read_regions: string[], key) =>
      dataOf(api.PUT("/databases/{id}/regions", { params: guarded(id, name, key), body: { read_regions } })),
    onDone: noted,
  });
}

export interface PlanChange {
  plan_name: string;
  auto_upgrade?: boolean;
}

export function useChangePlan({ id, name }: Database, onChanged: () => void) {
  const noted = useNoteSettings(onChanged);
  return useWrite({
    call: (body: PlanChange, key) =>
      dataOf(api.PUT("/databases/{id}/plan", { params: guarded(id, name, key), body })),
    onDone: noted,
  });
}

export function useChangeBudget({ id, name }: Database, onChanged: () => void) {
  const noted = useNoteSettings(onChanged);
  return useWrite({
    call: (budget: number, key) =>
      dataOf(api.PUT("/databases/{id}/budget", { params: guarded(id, name, key), body: { budget } })),
    onDone: noted,
  });
}

export function useChangeEviction({ id, name }: Database, onChanged: () => void) {
  const noted = useNoteSettings(onChanged);
  return useWrite({
    call: (eviction: boolean, key) =>
      dataOf(api.PUT("/databases/{id}/eviction", { params: guarded(id, name, key), body: { eviction } })),
    onDone: noted,
  });
}

export function useCreateBackup(id: string) {
  const client = useQueryClient();
  const account = useConnection().id;
  return useWrite({
    call: (name: string, key) =>
      dataOf(
        api.POST("/databases/{id}/backups", {
          params: { path: { id }, header: { "Idempotency-Key": key } },
          body: { name },
        }),
      ),
    onDone: (created) => {
      client.setQueryData<Backup[]>(backupsKey(account, id), (list) => list && withBackup(list, created));
      void client.invalidateQueries({ queryKey: backupsKey(account, id) });
    },
  });
}

export function useRestore({ id, name }: Database, onRestored: () => void) {
  const client = useQueryClient();
  const account = useConnection().id;
  const noted = useNoteSettings(onRestored);
  return useWrite({
    call: (backup_id: string, key) => {
      const { path, header } = guarded(id, name, key);
      return dataOf(
        api.POST("/databases/{id}/backups/{backup_id}/restore", {
          params: { path: { ...path, backup_id }, header },
        }),
      );
    },
    onDone: (settings) => {
      noted(settings);
      void client.invalidateQueries({ queryKey: statsKey(account, id) });
    },
  });
}

function useNoteSettings(onChanged?: () => void) {
  const client = useQueryClient();
  const account = useConnection().id;
  return (settings: DatabaseSettings) => {
    void noteSettings(client, account, settings);
    onChanged?.();
  };
}

/** The parameters of a guarded call. The user has typed the name that the page shows, so that is what is confirmed. */
function guarded(id: string, name: string, key: string) {
  return { path: { id }, header: { "Idempotency-Key": key, ...confirmName(name) } };
}

function withBackup(list: Backup[], created: Backup): Backup[] {
  return list.some(({ backup_id }) => backup_id === created.backup_id) ? list : [created, ...list];
}
