package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// What one account can do without end must not be written down without end. Within foldWithin, an event that says the
// same as an earlier one counts that one up. What differs each time, by its address say, is written down mostApart
// times; what follows counts up one event that says no more than that there was more.
const (
	foldWithin = time.Hour
	mostApart  = 32
)

// foldsAtOnce reports whether a second event already counts the first up: of actions that say nothing new when they are
// repeated. All others have to be many first, so that their order can be read.
func foldsAtOnce(action keys.Action) bool {
	return action == keys.ActionConnected || action == keys.ActionCredentialsRevealed
}

var (
	foldEvent = hotly("UPDATE audit_events SET times = times + 1, " +
		"last_at = CASE WHEN last_at > ? THEN last_at WHEN at > ? THEN at ELSE ? END " +
		"WHERE id = (SELECT id FROM audit_events WHERE connection_id = ? AND action = ? AND at > ? AND detail = ? " +
		"AND actor_kind = ? AND actor_id = ? AND grant_id = ? AND address = ? ORDER BY at DESC, id DESC LIMIT 1)")
	countAlike = hotly("SELECT count(*) FROM audit_events WHERE connection_id = ? AND action = ? AND at > ?")
)

// foldValues are those of foldEvent.
func foldValues(ctx context.Context, event keys.Event) []any {
	at, actor := millis(event.At), event.Actor
	if actor == (keys.Actor{}) {
		actor = keys.ActorOf(ctx)
	}

	return []any{
		at, at, at, event.ConnectionID, string(event.Action), millis(event.At.Add(-foldWithin)), event.Detail,
		string(actor.Kind), actor.ID, actor.GrantID, actor.Address,
	}
}

// record writes an event down, or counts up an earlier one.
func (u *unit) record(event keys.Event) error {
	if event.ConnectionID != "" {
		folded, err := u.fold(&event)
		if err != nil || folded {
			return err
		}
	}
	_, err := u.exec(insertEvent, eventValues(u.ctx, event)...)

	return err
}

// recordAll records events in their order.
func (u *unit) recordAll(events []keys.Event) error {
	for _, event := range events {
		if err := u.record(event); err != nil {
			return err
		}
	}

	return nil
}

// fold counts up an earlier event, if there is one to stand for this. Where there are too many already, the event
// becomes the one that stands for those that follow.
func (u *unit) fold(event *keys.Event) (folded bool, err error) {
	if foldsAtOnce(event.Action) {
		if folded, err := u.countUp(*event); err != nil || folded {
			return folded, err
		}
	}
	var alike int64

	_, err = u.findOne(countAlike, func(row *sql.Rows) error { return row.Scan(&alike) },
		event.ConnectionID, string(event.Action), millis(event.At.Add(-foldWithin)))
	if err != nil || alike < mostApart {
		return false, err
	}

	if !foldsAtOnce(event.Action) {
		if folded, err := u.countUp(*event); err != nil || folded {
			return folded, err
		}
	}

	actor := event.Actor
	if actor == (keys.Actor{}) {
		actor = keys.ActorOf(u.ctx)
	}
	event.Actor = keys.Actor{Kind: actor.Kind}
	event.Detail = fmt.Sprintf("more than %d within an hour: of these, the number alone is kept", mostApart)

	return u.countUp(*event)
}

func (u *unit) countUp(event keys.Event) (bool, error) {
	changed, err := u.exec(foldEvent, foldValues(u.ctx, event)...)
	return changed > 0, err
}
