import type { Credentials } from "@/shared/api/types";
import { mask } from "@/shared/credentials/mask";

/** What a user of the database may do. */
export type Right = "full" | "read-only";

/** Where a database is reached: all that is known of it before its secrets are revealed. */
export type Address = Pick<Credentials, "endpoint" | "port" | "tls" | "rest_url">;

/** All that a snippet is made of. */
export interface Access extends Address {
  right: Right;
  /** The user and the password of the Redis protocol. */
  user: string;
  password: string;
  /** The token of the REST API with this right. */
  token: string;
  /** Undefined if Upstash returned none. */
  readOnlyToken: string | undefined;
  /** The file of the authority that signed the certificate, if the machine does not trust it already. */
  caFile: string | undefined;
}

/** The token that can only read, if Upstash returned one. */
export function readOnlyToken(credentials: {
  read_only_rest_token?: string | undefined;
}): string | undefined {
  return credentials.read_only_rest_token || undefined;
}

/** The access that these credentials give. Without a read-only token, it is the full one in any case. */
export function accessOf(credentials: Credentials, right: Right, caFile?: string): Access {
  const { endpoint, port, tls, rest_url, password, rest_token } = credentials;
  const reader = readOnlyToken(credentials);
  const shared = { endpoint, port, tls, rest_url, readOnlyToken: reader, caFile: tls ? caFile : undefined };
  // Upstash, "Read-only connection": the user default_ro has the read-only token as its password.
  return right === "read-only" && reader !== undefined
    ? { ...shared, right, user: "default_ro", password: reader, token: reader }
    : { ...shared, right: "full", user: "default", password, token: rest_token };
}

/** The same access with every secret masked, for the screen; with or without a read-only token. */
export function maskedAccess(address: Address, right: Right, caFile?: string, hasReader = true): Access {
  const secrets = { password: mask, rest_token: mask, read_only_rest_token: hasReader ? mask : "" };
  return accessOf({ ...address, ...secrets }, right, caFile);
}

/** The connection string in one line. It has no character that a shell or a .env file needs quotes for. */
export function redisUrl({ tls, user, password, endpoint, port }: Access): string {
  const secret = password === mask ? mask : percentEncode(password);
  return `${tls ? "rediss" : "redis"}://${user}:${secret}@${endpoint}:${port}`;
}

/** Encodes also the punctuation that encodeURIComponent leaves, because some of it means something to a shell. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!~*'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
