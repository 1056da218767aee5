package main

import "github.com/upstash-connect/bff/cmd/internal/terminal"

// tasks groups the commands for help. A subcommand without a row has the page of its parent.
func tasks() []terminal.Task {
	const (
		native   = "docs/integrate/native.md"
		backups  = "docs/operate/backups.md"
		services = "docs/operate/services.md"
	)

	return []terminal.Task{
		{Name: "Try it", Commands: []terminal.Topic{
			{Path: "sandbox", Example: "bff sandbox", Page: "docs/integrate/sandbox.md"},
		}},
		{Name: "Run a server", Commands: []terminal.Topic{
			{Path: "serve", Example: "bff serve --check", Page: "docs/operate/deploy.md"},
			{Path: "config", Example: "bff config", Page: "docs/operate/settings.md"},
			{Path: "health", Example: "bff health", Page: "docs/operate/deploy.md"},
			{Path: "audit", Example: "bff audit --since 24h", Page: services},
		}},
		{Name: "Keys and backups", Commands: []terminal.Topic{
			{Path: "keyset", Example: "bff keyset create keyset.json", Page: "docs/operate/rotation.md"},
			{Path: "keyset create", Page: "docs/operate/deploy.md"},
			{Path: "backup", Example: "bff backup /backups/bff.db", Page: backups},
			{Path: "finish-restore", Example: "bff finish-restore", Page: backups},
		}},
		{Name: "Services and their tokens", Commands: []terminal.Topic{
			{Path: "service", Example: "bff service list", Page: services},
			{Path: "token", Example: "bff token create shop --ttl 90d", Page: services},
			{Path: "token generate", Page: "docs/integrate/services.md"},
			{Path: "grant", Example: "bff grant list --service shop", Page: services},
			{Path: "webhooks", Example: "bff webhooks list --state failed", Page: "docs/integrate/webhooks.md"},
			{Path: "listen", Example: "bff listen --token-file FILE", Page: "docs/integrate/webhooks.md"},
			{Path: "user", Example: "bff user erase EMAIL --yes", Page: services},
		}},
		{Name: "On your desktop", Commands: []terminal.Topic{
			{Path: "connect", Example: "bff connect --sandbox", Page: native},
			{Path: "databases", Example: "bff databases list", Page: native},
			{Path: "vector", Example: "bff vector list", Page: native},
			{Path: "search", Example: "bff search list", Page: native},
			{Path: "qstash", Example: "bff qstash list", Page: native},
			{Path: "api", Example: "bff api GET /redis/databases", Page: native},
			{Path: "mcp", Example: "bff mcp --allow create", Page: "docs/integrate/assistants.md"},
			{Path: "whoami", Example: "bff whoami --check", Page: native},
			{Path: "disconnect", Example: "bff disconnect", Page: native},
		}},
		{Name: "More", Commands: []terminal.Topic{
			{Path: "version", Example: "bff version --json", Page: "docs/operate/deploy.md"},
			{Path: "completion", Example: "source <(bff completion bash)", Page: native},
			{Path: "help", Example: "bff help keyset rotate", Page: "README.md"},
		}},
	}
}
