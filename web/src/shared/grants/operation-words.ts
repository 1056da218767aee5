import { m } from "@/messages/messages";

/** The words for an operation, as messages to read when they are shown. */
export interface OperationWords {
  /** The permission, after "It may". */
  may: () => string;
  /** The permission in a list of several. */
  short: () => string;
  /** The finished operation. */
  did: () => string;
  /** It destroys or changes what exists: a service may do this only to what it created. */
  guarded?: true;
}

const redis = {
  "redis.list": {
    may: m.grants_redis_list_may,
    short: m.grants_redis_list_short,
    did: m.grants_redis_list_did,
  },
  "redis.get": {
    may: m.grants_redis_get_may,
    short: m.grants_redis_get_short,
    did: m.grants_redis_get_did,
  },
  "redis.create": {
    may: m.grants_redis_create_may,
    short: m.grants_redis_create_short,
    did: m.grants_redis_create_did,
  },
  "redis.credentials": {
    may: m.grants_redis_credentials_may,
    short: m.grants_redis_credentials_short,
    did: m.grants_redis_credentials_did,
  },
  "redis.stats": {
    may: m.grants_redis_stats_may,
    short: m.grants_redis_stats_short,
    did: m.grants_redis_stats_did,
  },
  "redis.rename": {
    may: m.grants_redis_rename_may,
    short: m.grants_redis_rename_short,
    did: m.grants_redis_rename_did,
  },
  "redis.backup.list": {
    may: m.grants_redis_backup_list_may,
    short: m.grants_redis_backup_list_short,
    did: m.grants_redis_backup_list_did,
  },
  "redis.backup.create": {
    may: m.grants_redis_backup_create_may,
    short: m.grants_redis_backup_create_short,
    did: m.grants_redis_backup_create_did,
  },
  "redis.backup.restore": {
    may: m.grants_redis_backup_restore_may,
    short: m.grants_redis_backup_restore_short,
    did: m.grants_redis_backup_restore_did,
    guarded: true,
  },
  "redis.delete": {
    may: m.grants_redis_delete_may,
    short: m.grants_redis_delete_short,
    did: m.grants_redis_delete_did,
    guarded: true,
  },
  "redis.reset-password": {
    may: m.grants_redis_reset_password_may,
    short: m.grants_redis_reset_password_short,
    did: m.grants_redis_reset_password_did,
    guarded: true,
  },
  "redis.regions": {
    may: m.grants_redis_regions_may,
    short: m.grants_redis_regions_short,
    did: m.grants_redis_regions_did,
    guarded: true,
  },
  "redis.plan": {
    may: m.grants_redis_plan_may,
    short: m.grants_redis_plan_short,
    did: m.grants_redis_plan_did,
    guarded: true,
  },
  "redis.budget": {
    may: m.grants_redis_budget_may,
    short: m.grants_redis_budget_short,
    did: m.grants_redis_budget_did,
    guarded: true,
  },
  "redis.eviction": {
    may: m.grants_redis_eviction_may,
    short: m.grants_redis_eviction_short,
    did: m.grants_redis_eviction_did,
    guarded: true,
  },
} satisfies Record<string, OperationWords>;

/** The operations that Vector and Search both have. */
function indexWords(scope: string, product: string): Record<string, OperationWords> {
  return {
    [`${scope}.list`]: {
      may: () => m.grants_index_list_may({ product }),
      short: () => m.grants_index_list_short({ product }),
      did: () => m.grants_index_list_did({ product }),
    },
    [`${scope}.get`]: {
      may: () => m.grants_index_get_may({ product }),
      short: () => m.grants_index_get_short({ product }),
      did: () => m.grants_index_get_did({ product }),
    },
    [`${scope}.create`]: {
      may: () => m.grants_index_create_may({ product }),
      short: () => m.grants_index_create_short({ product }),
      did: () => m.grants_index_create_did({ product }),
    },
    [`${scope}.credentials`]: {
      may: () => m.grants_index_credentials_may({ product }),
      short: () => m.grants_index_credentials_short({ product }),
      did: () => m.grants_index_credentials_did({ product }),
    },
    [`${scope}.stats`]: {
      may: () => m.grants_index_stats_may({ product }),
      short: () => m.grants_index_stats_short({ product }),
      did: () => m.grants_index_stats_did({ product }),
    },
    [`${scope}.rename`]: {
      may: () => m.grants_index_rename_may({ product }),
      short: () => m.grants_index_rename_short({ product }),
      did: () => m.grants_index_rename_did({ product }),
      guarded: true,
    },
    [`${scope}.delete`]: {
      may: () => m.grants_index_delete_may({ product }),
      short: () => m.grants_index_delete_short({ product }),
      did: () => m.grants_index_delete_did({ product }),
      guarded: true,
    },
    [`${scope}.reset-password`]: {
      may: () => m.grants_index_reset_password_may({ product }),
      short: () => m.grants_index_reset_password_short({ product }),
      did: () => m.grants_index_reset_password_did({ product }),
      guarded: true,
    },
  };
}

const qstash = {
  "qstash.list": {
    may: m.grants_qstash_list_may,
    short: m.grants_qstash_list_short,
    did: m.grants_qstash_list_did,
  },
  "qstash.get": {
    may: m.grants_qstash_get_may,
    short: m.grants_qstash_get_short,
    did: m.grants_qstash_get_did,
  },
  "qstash.credentials": {
    may: m.grants_qstash_credentials_may,
    short: m.grants_qstash_credentials_short,
    did: m.grants_qstash_credentials_did,
  },
  "qstash.stats": {
    may: m.grants_qstash_stats_may,
    short: m.grants_qstash_stats_short,
    did: m.grants_qstash_stats_did,
  },
  "qstash.rotate-token": {
    may: m.grants_qstash_rotate_token_may,
    short: m.grants_qstash_rotate_token_short,
    did: m.grants_qstash_rotate_token_did,
    guarded: true,
  },
} satisfies Record<string, OperationWords>;

/** The words for every operation. Its name is also the scope of a service. */
export const operationWords: Readonly<Record<string, OperationWords>> = {
  ...redis,
  ...indexWords("vector", "Vector"),
  ...indexWords("search", "Search"),
  ...qstash,
};
