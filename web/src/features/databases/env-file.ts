import { envLine } from "@/shared/credentials/env-line";
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
    envLine("UPSTASH_REDIS_REST_URL", access.rest_url),
    envLine("UPSTASH_REDIS_REST_TOKEN", access.token),
    envLine("REDIS_URL", url),
    "",
    "# The same, as Vercel's integration names it",
    envLine("KV_URL", url),
    envLine("KV_REST_API_URL", access.rest_url),
    ...(full ? [envLine("KV_REST_API_TOKEN", access.token)] : []),
    ...(access.readOnlyToken === undefined
      ? []
      : [envLine("KV_REST_API_READ_ONLY_TOKEN", access.readOnlyToken)]),
  ].join("\n");
}
