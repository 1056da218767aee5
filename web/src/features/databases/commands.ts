import { type Access, redisUrl } from "./access";
import { shellQuote } from "./shell-quote";

/** redis-cli with the connection string. A command of Redis can follow. */
export function redisCli(access: Access): string {
  return `redis-cli ${tlsOptions(access, access.caFile)}-u ${shellQuote(redisUrl(access))}`;
}

/** The same program from the image of Redis, for a machine that has Docker only. */
export function dockerRedisCli(access: Access): string {
  const inside = "/redis-ca.pem";
  const mount = access.caFile === undefined ? "" : `-v ${shellQuote(`${access.caFile}:${inside}:ro`)} `;
  // In a container, a loopback address is that of the container.
  const network = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(access.endpoint) ? "--network host " : "";
  const ca = access.caFile === undefined ? undefined : inside;
  return (
    `docker run --rm -it ${network}${mount}redis:alpine ` +
    `redis-cli ${tlsOptions(access, ca)}-u ${shellQuote(redisUrl(access))}`
  );
}

function tlsOptions({ tls }: Access, ca: string | undefined): string {
  if (!tls) return "";
  return ca === undefined ? "--tls " : `--tls --cacert ${shellQuote(ca)} `;
}

/** One call of the REST API. The path is the command. */
export function curl(access: Access, path: string): string {
  const ca = access.caFile === undefined ? "" : `--cacert ${shellQuote(access.caFile)} `;
  return `curl ${ca}${shellQuote(`${access.rest_url}/${path}`)} -H ${shellQuote(`Authorization: Bearer ${access.token}`)}`;
}
