import type { Snippet } from "@/shared/credentials/snippet-tabs";
import { type Access, envFile } from "./access";
import { curl, dockerRedisCli, redisCli } from "./commands";
import { shellQuote } from "./shell-quote";

const notes = {
  env: "Save it as .env beside your code, and keep it out of version control.",
  next: "Save it as app/api/greeting/route.ts. It reads the variables of .env.",
  typescript: "Save it as index.mjs. It reads the variables of .env.",
  python: "Save it as main.py. It reads the variables of .env.",
  go: "Save it as main.go. It reads the variables of .env.",
  ioredis: "Save it as index.mjs. It reads the variables of .env.",
  curl: "curl comes with macOS, Windows and most Linux distributions.",
} as const;

/** Text to paste for each way to use a database, in the order of the tabs. */
export function snippets(access: Access): Snippet[] {
  return [
    { id: "env", label: ".env", note: notes.env, text: envFile(access), download: true },
    {
      id: "next",
      label: "Next.js",
      install: "npm install @upstash/redis",
      note: notes.next,
      text: nextRoute(access),
    },
    {
      id: "typescript",
      label: "TypeScript",
      install: "npm install @upstash/redis",
      note: notes.typescript,
      text: typeScript(access),
    },
    {
      id: "python",
      label: "Python",
      install: "pip install upstash-redis python-dotenv",
      note: notes.python,
      text: python(access),
    },
    {
      id: "go",
      label: "Go",
      install: "go get github.com/redis/go-redis/v9",
      note: notes.go,
      text: go(access),
    },
    {
      id: "ioredis",
      label: "ioredis",
      install: "npm install ioredis",
      note: notes.ioredis,
      text: ioredis(access),
    },
    {
      id: "redis-cli",
      label: "redis-cli",
      install: "brew install redis  # or: sudo apt-get install redis-tools",
      text: redisCli(access),
    },
    { id: "curl", label: "curl", note: notes.curl, text: curlCalls(access) },
    { id: "docker", label: "Docker", install: "docker pull redis:alpine", text: dockerRedisCli(access) },
  ];
}

function nextRoute(access: Access): string {
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

function typeScript(access: Access): string {
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

function ioredis(access: Access): string {
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

function python(access: Access): string {
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

function go(access: Access): string {
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

function curlCalls(access: Access): string {
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
