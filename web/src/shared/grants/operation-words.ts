export interface OperationWords {
  /** The permission, after "It may". */
  may: string;
  /** The permission in a list of several. */
  short: string;
  /** The finished operation. */
  did: string;
  /** It destroys or changes what exists: a service may do this only to what it created. */
  guarded?: true;
}

const charged = "Upstash may charge you for them";

const redis = {
  "redis.list": { may: "List your databases", short: "list databases", did: "Listed databases" },
  "redis.get": {
    may: "Read the details of a database, such as its region and endpoint",
    short: "read database details",
    did: "Read database details",
  },
  "redis.create": {
    may: `Create databases in your Upstash account. ${charged}`,
    short: "create databases",
    did: "Created a database",
  },
  "redis.credentials": {
    may: "Read the password and tokens of a database, which give access to all its data",
    short: "read credentials",
    did: "Read credentials",
  },
  "redis.stats": {
    may: "Read the usage of a database, such as its commands and its storage",
    short: "read the usage of databases",
    did: "Read the usage of a database",
  },
  "redis.rename": { may: "Rename databases", short: "rename databases", did: "Renamed a database" },
  "redis.backup.list": {
    may: "List the backups of a database",
    short: "list backups",
    did: "Listed backups",
  },
  "redis.backup.create": {
    may: "Create backups of a database. Upstash may charge you for them",
    short: "create backups",
    did: "Created a backup of a database",
  },
  "redis.backup.restore": {
    may: "Replace the data of databases that it created with that of a backup",
    short: "restore backups",
    did: "Restored a backup of a database",
    guarded: true,
  },
  "redis.delete": {
    may: "Delete databases that it created, with all their data",
    short: "delete databases",
    did: "Deleted a database",
    guarded: true,
  },
  "redis.reset-password": {
    may: "Replace the password and tokens of databases that it created, which disconnects their users",
    short: "reset the credentials of databases",
    did: "Reset the credentials of a database",
    guarded: true,
  },
  "redis.regions": {
    may: "Change the read regions of databases that it created. Upstash charges for each region",
    short: "change read regions",
    did: "Changed the read regions of a database",
    guarded: true,
  },
  "redis.plan": {
    may: "Change the plan of databases that it created, and so what Upstash charges",
    short: "change plans",
    did: "Changed the plan of a database",
    guarded: true,
  },
  "redis.budget": {
    may: "Change the monthly budget of databases that it created",
    short: "change budgets",
    did: "Changed the budget of a database",
    guarded: true,
  },
  "redis.eviction": {
    may: "Change whether databases that it created discard data when they are full",
    short: "change the eviction of databases",
    did: "Changed the eviction of a database",
    guarded: true,
  },
} satisfies Record<string, OperationWords>;

/** The operations that Vector and Search both have. */
function indexWords(product: string, noun: string): Record<string, OperationWords> {
  return {
    [`${product}.list`]: { may: `List your ${noun}es`, short: `list ${noun}es`, did: `Listed ${noun}es` },
    [`${product}.get`]: {
      may: `Read the details of a ${noun}, such as its region and endpoint`,
      short: `read ${noun} details`,
      did: `Read ${noun} details`,
    },
    [`${product}.create`]: {
      may: `Create ${noun}es in your Upstash account. ${charged}`,
      short: `create ${noun}es`,
      did: `Created a ${noun}`,
    },
    [`${product}.credentials`]: {
      may: `Read the tokens of a ${noun}, which give access to all its data`,
      short: `read the tokens of ${noun}es`,
      did: `Read the tokens of a ${noun}`,
    },
    [`${product}.stats`]: {
      may: `Read the usage of a ${noun}, such as its queries and its storage`,
      short: `read the usage of ${noun}es`,
      did: `Read the usage of a ${noun}`,
    },
    [`${product}.rename`]: {
      may: `Rename ${noun}es that it created`,
      short: `rename ${noun}es`,
      did: `Renamed a ${noun}`,
      guarded: true,
    },
    [`${product}.delete`]: {
      may: `Delete ${noun}es that it created, with all their data`,
      short: `delete ${noun}es`,
      did: `Deleted a ${noun}`,
      guarded: true,
    },
    [`${product}.reset-password`]: {
      may: `Replace the tokens of ${noun}es that it created, which disconnects their users`,
      short: `reset the tokens of ${noun}es`,
      did: `Reset the tokens of a ${noun}`,
      guarded: true,
    },
  };
}

const qstash = {
  "qstash.list": { may: "List your QStash", short: "list QStash", did: "Listed QStash" },
  "qstash.get": {
    may: "Read the details of your QStash, such as its region and limits",
    short: "read QStash details",
    did: "Read QStash details",
  },
  "qstash.credentials": {
    may: "Read the tokens of your QStash, which can send messages in your name",
    short: "read the tokens of QStash",
    did: "Read the tokens of a QStash",
  },
  "qstash.stats": {
    may: "Read the usage of your QStash, such as its messages and its cost",
    short: "read the usage of QStash",
    did: "Read the usage of a QStash",
  },
  "qstash.rotate-token": {
    may: "Replace the tokens of a QStash that it created, which disconnects its users",
    short: "rotate the tokens of QStash",
    did: "Rotated the tokens of a QStash",
    guarded: true,
  },
} satisfies Record<string, OperationWords>;

/** The words for every operation. Its name is also the scope of a service. */
export const operationWords: Readonly<Record<string, OperationWords>> = {
  ...redis,
  ...indexWords("vector", "Vector index"),
  ...indexWords("search", "Search index"),
  ...qstash,
};
