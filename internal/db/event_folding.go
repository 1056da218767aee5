package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// The audit log must stay bounded even if one account repeats an action without end. Within foldWindow, an event that
// equals an earlier one increments that event's count. Events that differ each time, for example by address, are
// written individually maxDistinct times; after that, one summary event counts the rest. It records actor, action and
// grant, and omits the other details.
//
// The bound applies to each actor and grant, so that frequent events of one actor do not hide another's. When an actor
// keeps getting new grants, maxUnderOtherGrants events under other grants are written; the summary event after those
// omits the grant, too.
const (
	foldWindow  = time.Hour
	maxDistinct = 32

	maxUnderOtherGrants = 64
)

// maxDetailBytes bounds the detail of an event.
const maxDetailBytes = 1024

// foldsImmediately reports whether even the second equal event increments the first. It is true for actions whose
// repetition adds no information. Other actions fold only when there are many, so that their order stays readable.
func foldsImmediately(action keys.Action) bool {
	switch action {
	case keys.ActionConnected, keys.ActionCredentialsRevealed, keys.ActionDatabasePinged, keys.ActionAPICalled,
		keys.ActionToolCalled:
		return true
	}

	return false
}

// retainedDetail returns the part of the detail that a summary event keeps: the name of a revealed or pinged database,
// a state transition, or the operation of a tool call. All have few values.
func retainedDetail(event keys.Event) string {
	switch event.Action {
	case keys.ActionCredentialsRevealed, keys.ActionDatabasePinged, keys.ActionStateChanged:
		return truncateDetail(event.Detail)
	case keys.ActionToolCalled:
		called, _, _ := strings.Cut(event.Detail, " ")
		return truncateDetail(called)
	}

	return ""
}

var (
	foldEvent = newStatement("UPDATE audit_events SET times = times + 1, " +
		"last_at = CASE WHEN last_at > ? THEN last_at WHEN at > ? THEN at ELSE ? END " +
		"WHERE id = (SELECT id FROM audit_events WHERE connection_id = ? AND action = ? AND at > ? AND detail = ? " +
		"AND actor_kind = ? AND actor_id = ? AND grant_id = ? AND address = ? ORDER BY at DESC, id DESC LIMIT 1)")
	countSimilar = newStatement("SELECT count(*), coalesce(sum(CASE WHEN grant_id = ? THEN 1 ELSE 0 END), 0) FROM audit_events " +
		"WHERE connection_id = ? AND action = ? AND at > ? AND actor_kind = ? AND actor_id = ?")
)

// foldValues returns the values of foldEvent.
func foldValues(ctx context.Context, event keys.Event) []any {
	at, actor := millis(event.At), effectiveActor(ctx, event)

	return []any{
		at, at, at, event.ConnectionID, string(event.Action), millis(event.At.Add(-foldWindow)),
		truncateDetail(event.Detail), string(actor.Kind), actor.ID, actor.GrantID, actor.Address,
	}
}

// effectiveActor returns the event's actor, or else the context's.
func effectiveActor(ctx context.Context, event keys.Event) keys.Actor {
	if event.Actor == (keys.Actor{}) {
		return keys.ActorOf(ctx)
	}

	return event.Actor
}

// truncateDetail cuts a detail that is longer than maxDetailBytes.
func truncateDetail(detail string) string {
	if len(detail) <= maxDetailBytes {
		return detail
	}
	const cut = " (truncated)"

	return strings.ToValidUTF8(detail[:maxDetailBytes-len(cut)], "") + cut
}

// record writes an event, or increments an earlier one.
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

// recordAll records events in order.
func (u *unitOfWork) recordAll(events []keys.Event) error {
	for _, event := range events {
		if err := u.record(event); err != nil {
			return err
		}
	}

	return nil
}

// fold increments an earlier equal event, if there is one. When there are too many similar events, it turns the event
// into the summary event that counts the following ones.
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

// summaryEvent returns the event that counts all further events like this one.
func summaryEvent(event keys.Event, actor keys.Actor, anyGrant bool) keys.Event {
	event.Actor = keys.Actor{Kind: actor.Kind, ID: actor.ID, GrantID: actor.GrantID}
	bound := maxDistinct

	if anyGrant {
		event.Actor.GrantID, bound = "", maxUnderOtherGrants
	}

	about := retainedDetail(event)
	if about != "" {
		about += ", "
	}
	event.Detail = fmt.Sprintf("%smore than %d within an hour: only their number is recorded", about, bound)

	return event
}

func (u *unitOfWork) increment(event keys.Event) (bool, error) {
	changed, err := u.exec(foldEvent, foldValues(u.ctx, event)...)
	return changed > 0, err
}
