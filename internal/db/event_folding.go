package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// What one account can do without end must not be written down without end. Within foldWindow, an event that says the
// same as an earlier one counts that one up. What differs each time, by its address say, is written down maxDistinct
// times; what follows counts up one event, which says who did what under which grant, and leaves out the rest.
//
// The bound is of an actor and a grant: what one does many times must not hide what another does. Where an actor has
// ever new grants, and maxUnderOtherGrants events under others are written down, what follows leaves out the grant as well.
const (
	foldWindow  = time.Hour
	maxDistinct = 32

	maxUnderOtherGrants = 64
)

// maxDetailBytes bounds the detail of an event, in bytes.
const maxDetailBytes = 1024

// foldsImmediately reports whether a second event already counts the first up: of actions that say nothing new when they are
// repeated. All others have to be many first, so that their order can be read.
func foldsImmediately(action keys.Action) bool {
	return action == keys.ActionConnected || action == keys.ActionCredentialsRevealed
}

// retainsDetail reports whether what an event is about stays in the one that stands for many: a database that was
// revealed, and an edge between states. Both are few.
func retainsDetail(action keys.Action) bool {
	return action == keys.ActionCredentialsRevealed || action == keys.ActionStateChanged
}

var (
	foldEvent = newStatement("UPDATE audit_events SET times = times + 1, " +
		"last_at = CASE WHEN last_at > ? THEN last_at WHEN at > ? THEN at ELSE ? END " +
		"WHERE id = (SELECT id FROM audit_events WHERE connection_id = ? AND action = ? AND at > ? AND detail = ? " +
		"AND actor_kind = ? AND actor_id = ? AND grant_id = ? AND address = ? ORDER BY at DESC, id DESC LIMIT 1)")
	countSimilar = newStatement("SELECT count(*), coalesce(sum(CASE WHEN grant_id = ? THEN 1 ELSE 0 END), 0) FROM audit_events " +
		"WHERE connection_id = ? AND action = ? AND at > ? AND actor_kind = ? AND actor_id = ?")
)

// foldValues are those of foldEvent.
func foldValues(ctx context.Context, event keys.Event) []any {
	at, actor := millis(event.At), effectiveActor(ctx, event)

	return []any{
		at, at, at, event.ConnectionID, string(event.Action), millis(event.At.Add(-foldWindow)), truncateDetail(event.Detail),
		string(actor.Kind), actor.ID, actor.GrantID, actor.Address,
	}
}

// actorIn is who caused an event: whom it names, else whom the context does.
func effectiveActor(ctx context.Context, event keys.Event) keys.Actor {
	if event.Actor == (keys.Actor{}) {
		return keys.ActorOf(ctx)
	}

	return event.Actor
}

// bounded is a detail, cut where it is longer than maxDetailBytes.
func truncateDetail(detail string) string {
	if len(detail) <= maxDetailBytes {
		return detail
	}
	const cut = " (cut)"

	return strings.ToValidUTF8(detail[:maxDetailBytes-len(cut)], "") + cut
}

// record writes an event down, or counts up an earlier one.
func (u *unitOfWork) record(event keys.Event) error {
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
func (u *unitOfWork) recordAll(events []keys.Event) error {
	for _, event := range events {
		if err := u.record(event); err != nil {
			return err
		}
	}

	return nil
}

// fold counts up an earlier event, if there is one to stand for this. Where there are too many already, the event
// becomes the one that stands for those that follow.
func (u *unitOfWork) fold(event *keys.Event) (folded bool, err error) {
	if foldsImmediately(event.Action) {
		if folded, err := u.increment(*event); err != nil || folded {
			return folded, err
		}
	}

	actor := effectiveActor(u.ctx, *event)
	var ofActor, ofGrant int64

	_, err = u.findOne(countSimilar, func(row *sql.Rows) error { return row.Scan(&ofActor, &ofGrant) },
		actor.GrantID, event.ConnectionID, string(event.Action), millis(event.At.Add(-foldWindow)),
		string(actor.Kind), actor.ID)
	if err != nil || (ofGrant < maxDistinct && ofActor-ofGrant < maxUnderOtherGrants) {
		return false, err
	}

	if !foldsImmediately(event.Action) {
		if folded, err := u.increment(*event); err != nil || folded {
			return folded, err
		}
	}
	*event = summaryEvent(*event, actor, ofActor-ofGrant >= maxUnderOtherGrants)

	return u.increment(*event)
}

// standIn is the event that stands for all further ones like this.
func summaryEvent(event keys.Event, actor keys.Actor, anyGrant bool) keys.Event {
	event.Actor = keys.Actor{Kind: actor.Kind, ID: actor.ID, GrantID: actor.GrantID}
	most := maxDistinct

	if anyGrant {
		event.Actor.GrantID, most = "", maxUnderOtherGrants
	}

	about := ""
	if retainsDetail(event.Action) {
		about = truncateDetail(event.Detail) + ", "
	}
	event.Detail = fmt.Sprintf("%smore than %d within an hour: of these, the number alone is kept", about, most)

	return event
}

func (u *unitOfWork) increment(event keys.Event) (bool, error) {
	changed, err := u.exec(foldEvent, foldValues(u.ctx, event)...)
	return changed > 0, err
}
