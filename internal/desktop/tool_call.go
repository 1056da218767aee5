package desktop

import (
	"context"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/upstash"
)

// RecordToolCall records in the audit log that an assistant calls an operation. It omits an id that cannot be one of
// Upstash: it could be anything, also a secret. It returns an error if another bff has disconnected the account, also
// for reads, which would use the key for a few seconds more.
func (d *Desktop) RecordToolCall(ctx context.Context, operation, id string) error {
	connection, err := d.Custody.Find(ctx, d.Account)
	if err != nil {
		return err
	}

	detail := operation
	if upstash.UsableID(id) {
		detail += " " + id
	}

	err = d.database.Record(ctx, keys.Event{
		At: time.Now(), Action: keys.ActionToolCalled, ConnectionID: connection.ID, Detail: detail,
	})
	if err != nil {
		return err
	}

	return connection.Usable()
}
