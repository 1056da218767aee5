package operation

import "net/http"

// redisBackup is a backup of a database.
var redisBackup = &Resource{
	Product: Redis, Noun: "backup", Of: redisDatabase,
	List:   Upstream{Method: http.MethodGet, Path: "/v2/redis/list-backup/{id}"},
	Object: redisBackupObject,
}

var redisBackupObject = &Object{
	Name: "Backup", IDField: "backup_id", NameField: "name",
	Fields: []Out{
		{Name: "backup_id", Type: OutText, Help: "the backup's ID", Example: "1d62045b-c567-4239-b23e-449ad33a62e0"},
		{Name: "database_id", Type: OutText, Help: "the ID of its database", Example: exampleID},
		{Name: "name", Type: OutText, Help: "its name", Example: "before-import"},
		{Name: "state", Type: OutText, Help: "pending, completed or failed", Example: "completed"},
		{Name: "creation_time", Type: OutTime, Help: "when it was created", Example: exampleTime},
		{Name: "backup_size", Type: OutInteger, Help: "its size in bytes", Example: 4096},
		{Name: "daily_backup", Type: OutBoolean, Help: "whether a daily backup made it", Example: false},
		{Name: "hourly_backup", Type: OutBoolean, Help: "whether an hourly backup made it", Example: false},
	},
}

const exampleTime = "2026-11-22T10:05:00Z"
