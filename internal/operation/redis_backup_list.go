package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.backup.list", Tier: Named, Effect: Read, On: redisBackup,
	Summary: "List a database's backups",
	Method:  http.MethodGet, Path: "/databases/{id}/backups",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/redis/list-backup/{id}"},
	Response: redisBackupObject,
	List:     "backups",
})
