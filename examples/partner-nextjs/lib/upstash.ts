import { readFileSync } from "node:fs";
import { type Client, createClient, type Grant, type ProblemCode, ProblemError } from "@upstash-connect/client";
import type { User } from "./memory";

let client: Client | undefined;

/** The client, with the service token. It is made at the first call, because a build has no settings. */
export function upstash(): Client {
  client ??= createClient({ url: process.env.CONNECT_URL ?? "", token: secret("CONNECT_TOKEN_FILE") });
  return client;
}

/** The user's current grant, or else the last one; undefined if there never was one. */
export async function newestGrant(user: User): Promise<Grant | undefined> {
  return (await upstash().listGrants(user.id))[0];
}

/** The code of a problem that the server reported; undefined for any other error. */
export function codeOf(cause: unknown): ProblemCode | undefined {
  return cause instanceof ProblemError ? cause.code : undefined;
}

/** Reads a secret from a file, so that no list of processes shows it. */
export function secret(variable: string): string {
  return readFileSync(process.env[variable] ?? "", "utf8").trim();
}
