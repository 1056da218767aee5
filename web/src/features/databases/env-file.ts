import { type Access, redisUrl } from "./access";
import { shellQuote } from "./shell-quote";

/** The content of a .env file: the names of Upstash's clients, and those that Vercel's integration writes. */
export function envFile(access: Access): string {
  const url = redisUrl(access);
  const full = access.right === "full";
  return [
    ...(access.caFile === undefined
      ? []
      : [`# To trust the certificate, start Node.js with NODE_EXTRA_CA_CERTS=${shellQuote(access.caFile)}`]),
    `UPSTASH_REDIS_REST_URL="${access.rest_url}"`,
    `UPSTASH_REDIS_REST_TOKEN="${access.token}"`,
    `REDIS_URL="${url}"`,
    "",
    "# The same, as Vercel's integration names it",
    `KV_URL="${url}"`,
    `KV_REST_API_URL="${access.rest_url}"`,
    ...(full ? [`KV_REST_API_TOKEN="${access.token}"`] : []),
    `KV_REST_API_READ_ONLY_TOKEN="${access.readOnlyToken}"`,
  ].join("\n");
}
