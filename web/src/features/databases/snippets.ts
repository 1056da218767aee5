import type { Credentials } from "@/shared/api/types";

export interface Snippet {
  id: string;
  label: string;
  language: string;
  text: string;
}

const mask = "••••••••••••";

/** The same credentials with every secret covered, so that a snippet can be shown without showing them. */
export function covered(credentials: Credentials): Credentials {
  return { ...credentials, password: mask, rest_token: mask, read_only_rest_token: mask };
}

/** Ready-made text for the three usual ways to use a database. */
export function snippets(credentials: Credentials): Snippet[] {
  return [
    { id: "env", label: ".env", language: "dotenv", text: envFile(credentials) },
    { id: "redis-cli", label: "redis-cli", language: "shell", text: redisCli(credentials) },
    { id: "typescript", label: "@upstash/redis", language: "TypeScript", text: typeScript() },
  ];
}

function envFile(credentials: Credentials): string {
  return [
    `UPSTASH_REDIS_REST_URL="${credentials.rest_url}"`,
    `UPSTASH_REDIS_REST_TOKEN="${credentials.rest_token}"`,
    `REDIS_URL="${redisUrl(credentials)}"`,
  ].join("\n");
}

function redisCli(credentials: Credentials): string {
  const tls = credentials.tls ? "--tls " : "";
  return `redis-cli ${tls}-u ${shellQuote(redisUrl(credentials))}`;
}

function typeScript(): string {
  return [
    'import { Redis } from "@upstash/redis";',
    "",
    "// Reads UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN from the environment.",
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

/** POSIX single quotes: nothing inside them is special but the quote itself. */
function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
