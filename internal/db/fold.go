package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// What one account can do without end must not be written down without end. Within foldWithin, an event that says the
// same as an earlier one counts that one up. What differs each time, by its address say, is written down mostApart
// times; what follows counts up one event, which says who did what under which grant, and leaves out the rest.
//
// The bound is of an actor and a grant: what one does many times must not hide what another does. Where an actor has
// ever new grants, and mostUnderOthers events under others are written down, what follows leaves out the grant as well.
const (
	foldWithin = time.Hour
	mostApart  = 32

	mostUnderOthers = 64
)

// mostDetail bounds the detail of an event, in bytes.
const mostDetail = 1024

// foldsAtOnce reports whether a second event already counts the first up: of actions that say nothing new when they are
// repeated. All others have to be many first, so that their order can be read.
func foldsAtOnce(action keys.Action) bool {
	return action == keys.ActionConnected || action == keys.ActionCredentialsRevealed
}

// keepsDetail reports whether what an event is about stays in the one that stands for many: a database that was
// revealed, and an edge between states. Both are few.
func keepsDetail(action keys.Action) bool {
	return action == keys.ActionCredentialsRevealed || action == keys.ActionStateChanged
}

var (
	foldEvent = hotly("UPDATE audit_events SET times = times + 1, " +
		"last_at = CASE WHEN last_at > ? THEN last_at WHEN at > ? THEN at ELSE ? END " +
		"WHERE id = (SELECT id FROM audit_events WHERE connection_id = ? AND action = ? AND at > ? AND detail = ? " +
		"AND actor_kind = ? AND actor_id = ? AND grant_id = ? AND address = ? ORDER BY at DESC, id DESC LIMIT 1)")
	countAlike = hotly("SELECT count(*), coalesce(sum(CASE WHEN grant_id = ? THEN 1 ELSE 0 END), 0) FROM audit_events " +
		"WHERE connection_id = ? AND action = ? AND at > ? AND actor_kind = ? AND actor_id = ?")
)

// foldValues are those of foldEvent.
func foldValues(ctx context.Context, event keys.Event) []any {
	at, actor := millis(event.At), actorIn(ctx, event)

	return []any{
		at, at, at, event.ConnectionID, string(event.Action), millis(event.At.Add(-foldWithin)), bounded(event.Detail),
		string(actor.Kind), actor.ID, actor.GrantID, actor.Address,
	}
}

// actorIn is who caused an event: whom it names, else whom the context does.
func actorIn(ctx context.Context, event keys.Event) keys.Actor {
	if event.Actor == (keys.Actor{}) {
		return keys.ActorOf(ctx)
	}

	return event.Actor
}

// bounded is a detail, cut where it is longer than mostDetail.
func bounded(detail string) string {
	if len(detail) <= mostDetail {
		return detail
	}
	const cut = " (cut)"

	return strings.ToValidUTF8(detail[:mostDetail-len(cut)], "") + cut
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

	actor := actorIn(u.ctx, *event)
	var ofActor, ofGrant int64

	_, err = u.findOne(countAlike, func(row *sql.Rows) error { return row.Scan(&ofActor, &ofGrant) },
		actor.GrantID, event.ConnectionID, string(event.Action), millis(event.At.Add(-foldWithin)),
		string(actor.Kind), actor.ID)
	if err != nil || (ofGrant < mostApart && ofActor-ofGrant < mostUnderOthers) {
		return false, err
	}

	if !foldsAtOnce(event.Action) {
		if folded, err := u.countUp(*event); err != nil || folded {
			return folded, err
		}
	}
	*event = standIn(*event, actor, ofActor-ofGrant >= mostUnderOthers)

	return u.countUp(*event)
}

// standIn is the event that stands for all further ones like this.
func standIn(event keys.Event, actor keys.Actor, anyGrant bool) keys.Event {
	event.Actor = keys.Actor{Kind: actor.Kind, ID: actor.ID, GrantID: actor.GrantID}
	most := mostApart

	if anyGrant {
		event.Actor.GrantID, most = "", mostUnderOthers
	}

	about := ""
	if keepsDetail(event.Action) {
		about = bounded(event.Detail) + ", "
	}
	event.Detail = fmt.Sprintf("%smore than %d within an hour: of these, the number alone is kept", about, most)

	return event
}

func (u *unit) countUp(event keys.Event) (bool, error) {
	changed, err := u.exec(foldEvent, foldValues(u.ctx, event)...)
	return changed > 0, err
}
