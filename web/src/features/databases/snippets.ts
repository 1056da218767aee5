import { m } from "@/messages/messages";
import type { Snippet } from "@/shared/credentials/snippet-tabs";
import type { Access } from "./access";
import { dockerRedisCli, redisCli } from "./commands";
import { envFile } from "./env-file";
import { curlCalls, go, install, ioredis, nextRoute, python, typeScript } from "./snippet-code";

/** Text to paste for each way to use a database, in the order of the tabs. */
export function snippets(access: Access): Snippet[] {
  return [
    { id: "env", label: ".env", note: m.databases_note_env(), text: envFile(access), download: true },
    {
      id: "next",
      label: "Next.js",
      install: install.upstashRedis,
      note: m.databases_note_file({ file: "app/api/greeting/route.ts" }),
      text: nextRoute(access),
    },
    {
      id: "typescript",
      label: "TypeScript",
      install: install.upstashRedis,
      note: m.databases_note_file({ file: "index.mjs" }),
      text: typeScript(access),
    },
    {
      id: "python",
      label: "Python",
      install: install.python,
      note: m.databases_note_file({ file: "main.py" }),
      text: python(access),
    },
    {
      id: "go",
      label: "Go",
      install: install.go,
      note: m.databases_note_file({ file: "main.go" }),
      text: go(access),
    },
    {
      id: "ioredis",
      label: "ioredis",
      install: install.ioredis,
      note: m.databases_note_file({ file: "index.mjs" }),
      text: ioredis(access),
    },
    {
      id: "redis-cli",
      label: "redis-cli",
      install: install.redisCli,
      text: redisCli(access),
    },
    { id: "curl", label: "curl", note: m.databases_note_curl(), text: curlCalls(access) },
    { id: "docker", label: "Docker", install: install.docker, text: dockerRedisCli(access) },
  ];
}
