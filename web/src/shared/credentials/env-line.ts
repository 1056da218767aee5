import { m } from "@/messages/messages";
import { mask } from "./mask";

/**
 * The characters that every reader of a .env file takes as they are, without quotes: a POSIX shell (`. ./.env`),
 * `node --env-file`, Next.js, python-dotenv and `docker run --env-file`. The values of Upstash have no others.
 */
const plain = /^[\w+/=.:@%-]+$/;

/**
 * A line of a .env file, or a comment in place of a value that has other characters. No quotes suit every reader:
 * docker makes them a part of the value, Next.js expands a $ within single quotes, and a shell runs commands within
 * double quotes.
 */
export function envLine(name: string, value: string): string {
  if (plain.test(value.replaceAll(mask, "masked"))) return `${name}=${value}`;
  return `# ${m.credentials_env_missing({ name })}`;
}
