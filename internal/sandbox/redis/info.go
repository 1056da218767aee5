package redis

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// info is INFO, with the fields that clients read. Sections and names are those of Redis
// (https://redis.io/docs/latest/commands/info/).
func (e *engine) info(wanted []string) value {
	var text strings.Builder
	for _, section := range e.sections() {
		if !asksFor(wanted, section.name) {
			continue
		}

		if text.Len() > 0 {
			text.WriteString("\r\n")
		}
		text.WriteString("# " + section.name + "\r\n" + section.lines)
	}

	return value{kind: kindVerbatim, text: "txt:" + text.String()}
}

func asksFor(wanted []string, section string) bool {
	for _, one := range wanted {
		switch strings.ToLower(one) {
		case "all", "default", "everything", strings.ToLower(section):
			return true
		}
	}

	return len(wanted) == 0
}

type section struct{ name, lines string }

func (e *engine) sections() []section {
	e.mutex.Lock()
	clients := len(e.connections)
	e.mutex.Unlock()
	waiting := len(e.waiting.list)
	size, up := e.size.Load(), time.Since(e.start)
	keys, _ := e.dispatch(nil, []string{"DBSIZE"}).number()
	space := ""

	if keys > 0 {
		space = "db0:keys=" + strconv.FormatInt(keys, 10) + ",expires=0,avg_ttl=0\r\n"
	}

	return []section{
		{"Server", lines(
			"redis_version", version, "redis_mode", "standalone", "process_id", 1, "tcp_port", 6379,
			"uptime_in_seconds", int(up.Seconds()), "uptime_in_days", int(up.Hours()/24),
		)},
		{"Clients", lines("connected_clients", clients, "maxclients", maxConnections, "blocked_clients", waiting)},
		{"Memory", lines("used_memory", size, "maxmemory", 0, "maxmemory_policy", "noeviction")},
		{"Persistence", lines("loading", 0, "async_loading", 0, "rdb_bgsave_in_progress", 0, "aof_enabled", 0)},
		{"Stats", lines(
			"total_connections_received", e.admitted.Load(), "total_commands_processed", e.usage.all(),
		)},
		{"Replication", lines("role", "master", "connected_slaves", 0)},
		{"CPU", lines("used_cpu_sys", 0, "used_cpu_user", 0)},
		{"Cluster", lines("cluster_enabled", 0)},
		{"Keyspace", space},
	}
}

func lines(pairs ...any) string {
	var text strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&text, "%v:%v\r\n", pairs[i], pairs[i+1])
	}

	return text.String()
}
