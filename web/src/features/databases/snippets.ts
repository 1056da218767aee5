import type { Credentials } from "@/shared/api/types";
import { mask, type Snippet } from "@/shared/credentials/snippet-tabs";

/** The same credentials with every secret masked, for snippets on the screen. */
export function masked(credentials: Credentials): Credentials {
  return { ...credentials, password: mask, rest_token: mask, read_only_rest_token: mask };
}

/**
 * Text to paste for the three usual ways to use a database. caFile is the file of the certificate authority that
 * signed the database's certificate, if the machine does not trust it already.
 */
export function snippets(credentials: Credentials, caFile?: string): Snippet[] {
  const ca = credentials.tls ? caFile : undefined;
  return [
    { id: "env", label: ".env", text: envFile(credentials, ca) },
    { id: "redis-cli", label: "redis-cli", text: redisCli(credentials, ca) },
    { id: "typescript", label: "@upstash/redis", text: typeScript(ca) },
  ];
}

function envFile(credentials: Credentials, ca: string | undefined): string {
  return [
    ...(ca === undefined
      ? []
      : [`# To trust the certificate, start Node.js with NODE_EXTRA_CA_CERTS=${shellQuote(ca)}`]),
    `UPSTASH_REDIS_REST_URL="${credentials.rest_url}"`,
    `UPSTASH_REDIS_REST_TOKEN="${credentials.rest_token}"`,
    `REDIS_URL="${redisUrl(credentials)}"`,
  ].join("\n");
}

function redisCli(credentials: Credentials, ca: string | undefined): string {
  const tls = credentials.tls ? "--tls " : "";
  const authority = ca === undefined ? "" : `--cacert ${shellQuote(ca)} `;
  return `redis-cli ${tls}${authority}-u ${shellQuote(redisUrl(credentials))}`;
}

function typeScript(ca: string | undefined): string {
  const before = ca === undefined ? "" : `NODE_EXTRA_CA_CERTS=${shellQuote(ca)} `;
  return [
    'import { Redis } from "@upstash/redis";',
    "",
    "// Reads UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN from the environment:",
    `// ${before}node --env-file=.env index.mjs`,
    "const redis = Redis.fromEnv();",
    "",
    'await redis.set("greeting", "hello");',
    'console.log(await redis.get("greeting"));',
  ].join("\n");
}

function redisUrl({ tls, password, endpoint, port }: Credentials): string {
  const secret = password === mask ? mask : encodeURIComponent(password);
  return `${tls ? "rediss" : "redis"}://default:${secret}@${endpoint}:${port}`;
}

/** POSIX single quotes: every character inside is literal, except the quote itself. */
function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
