package db

import "context"

// RefuseEvents implements storetest.Backend: from now on the database rejects every audit event.
func (d *DB) RefuseEvents(ctx context.Context) error {
	statement := "CREATE TRIGGER audit_events_none BEFORE INSERT ON audit_events " +
		"BEGIN SELECT RAISE(ABORT, 'no more events'); END"
	if d.write.Name() == "postgres" {
		statement = "ALTER TABLE audit_events ADD CONSTRAINT audit_events_none CHECK (id < 0) NOT VALID"
	}

	return d.write.WithContext(ctx).Exec(statement).Error
}
