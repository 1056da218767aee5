import type { Access } from "./access";
import { curl } from "./commands";
import { shellQuote } from "./shell-quote";

/** The command that installs what each snippet needs. */
export const install = {
  upstashRedis: "npm install @upstash/redis",
  python: "pip install upstash-redis python-dotenv",
  go: "go get github.com/redis/go-redis/v9",
  ioredis: "npm install ioredis",
  redisCli: "brew install redis  # or: sudo apt-get install redis-tools",
  docker: "docker pull redis:alpine",
} as const;

export function nextRoute(access: Access): string {
  return lines(
    'import { Redis } from "@upstash/redis";',
    "",
    "const redis = Redis.fromEnv();",
    "",
    "export async function GET() {",
    writes(access, '  await redis.set("greeting", "hello");'),
    '  return Response.json({ greeting: await redis.get("greeting") });',
    "}",
  );
}

export function typeScript(access: Access): string {
  return lines(
    'import { Redis } from "@upstash/redis";',
    "",
    "// Reads UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN from the environment:",
    `// ${nodeCommand(access)}`,
    "const redis = Redis.fromEnv();",
    "",
    writes(access, 'await redis.set("greeting", "hello");'),
    'console.log(await redis.get("greeting"));',
  );
}

export function ioredis(access: Access): string {
  return lines(
    'import { Redis } from "ioredis";',
    "",
    "// Reads REDIS_URL from the environment:",
    `// ${nodeCommand(access)}`,
    "const redis = new Redis(process.env.REDIS_URL);",
    "",
    writes(access, 'await redis.set("greeting", "hello");'),
    'console.log(await redis.get("greeting"));',
    "await redis.quit();",
  );
}

export function python(access: Access): string {
  return lines(
    "from dotenv import load_dotenv",
    "from upstash_redis import Redis",
    "",
    "# Reads UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN from .env:",
    `# ${certificates(access)}python main.py`,
    "load_dotenv()",
    "redis = Redis.from_env()",
    "",
    writes(access, 'redis.set("greeting", "hello")'),
    'print(redis.get("greeting"))',
  );
}

export function go(access: Access): string {
  return lines(
    "package main",
    "",
    "import (",
    '\t"context"',
    '\t"fmt"',
    '\t"log"',
    '\t"os"',
    "",
    '\t"github.com/redis/go-redis/v9"',
    ")",
    "",
    "// Reads REDIS_URL from the environment:",
    `// set -a; . ./.env; ${certificates(access)}go run main.go`,
    "func main() {",
    "\tctx := context.Background()",
    '\toptions, err := redis.ParseURL(os.Getenv("REDIS_URL"))',
    "\tif err != nil {",
    "\t\tlog.Fatal(err)",
    "\t}",
    "\tclient := redis.NewClient(options)",
    "",
    writes(access, '\tif err := client.Set(ctx, "greeting", "hello", 0).Err(); err != nil {'),
    writes(access, "\t\tlog.Fatal(err)"),
    writes(access, "\t}"),
    '\tgreeting, err := client.Get(ctx, "greeting").Result()',
    "\tif err != nil {",
    "\t\tlog.Fatal(err)",
    "\t}",
    "\tfmt.Println(greeting)",
    "}",
  );
}

export function curlCalls(access: Access): string {
  return lines(writes(access, curl(access, "set/greeting/hello")), curl(access, "get/greeting"));
}

function nodeCommand({ caFile }: Access): string {
  const certificate = caFile === undefined ? "" : `NODE_EXTRA_CA_CERTS=${shellQuote(caFile)} `;
  return `${certificate}node --env-file=.env index.mjs`;
}

/** Go and Python's HTTP clients read the trusted authorities from this file. */
function certificates({ caFile }: Access): string {
  return caFile === undefined ? "" : `SSL_CERT_FILE=${shellQuote(caFile)} `;
}

/** A line that the read-only variant leaves out. */
function writes({ right }: Access, line: string): string | undefined {
  return right === "full" ? line : undefined;
}

function lines(...all: (string | undefined)[]): string {
  return all.filter((line) => line !== undefined).join("\n");
}
