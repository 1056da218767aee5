package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.backup.create", Tier: Named, Effect: Create, On: redisBackup,
	Summary: "Create a backup of a database",
	Detail:  "Upstash creates the backup in the background: its state is pending until it is complete.",
	Method:  http.MethodPost, Path: "/databases/{id}/backups",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/redis/create-backup/{id}", Silent: true},
	Fields: []Field{
		{Name: "name", Type: Text, Required: true, IsName: true, Help: "the backup's name", Example: "before-import"},
	},
	Response: redisBackupObject,
})
