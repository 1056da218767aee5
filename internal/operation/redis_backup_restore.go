package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.backup.restore", Tier: Guarded, Effect: Change, On: redisDatabase, Part: redisBackup,
	Summary: "Restore a database from a backup",
	Detail: "Replaces all data of the database with the backup. Reading back cannot tell whether a restore " +
		"took place, so a repeat after a lost response restores the same backup again.",
	Method: http.MethodPost, Path: "/databases/{id}/backups/{backup_id}/restore",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/redis/restore-backup/{id}", BackupID: "backup_id"},
	Response: redisSettings,
})
