// Package killpoint defines the critical points of a mint, a create, a grant and a rotation. A test can kill or stop a
// binary with the build tag killpoints at one of these points, and check the state after a restart. In other builds,
// Reach does nothing.
package killpoint

// Point is one of the critical points.
type Point string

// The points of a mint, in order.
const (
	LeaseTaken      Point = "lease_taken"      // nothing is stored yet
	IntentCommitted Point = "intent_committed" // the key's name is stored, the call is not sent
	AnswerRead      Point = "answer_read"      // the key is only in memory
	KeySealed       Point = "key_sealed"       // the key is sealed, but not stored
	RowCommitted    Point = "row_committed"    // the key is stored, the caller has no response yet
)

// The points of a create.
const (
	CreateClaimed  Point = "create_claimed"  // the idempotency key is claimed, nothing is sent
	CreateIntended Point = "create_intended" // the intent is stored, the call is not sent
	CreateAnswered Point = "create_answered" // the response is only in memory
	CreateRecorded Point = "create_recorded" // the outcome is stored, the caller has no response yet
)

// The points of creating and revoking a grant.
const (
	GrantWritten        Point = "grant_written"        // in an uncommitted transaction
	GrantCommitted      Point = "grant_committed"      // committed, the service has no response yet
	RevocationWritten   Point = "revocation_written"   // in an uncommitted transaction
	RevocationCommitted Point = "revocation_committed" // committed, the caller has no response yet
	WebhookAnswered     Point = "webhook_answered"     // the receiver has responded, and nothing is recorded yet
	WebhookRecorded     Point = "webhook_recorded"
)

// The points of a rotation of the sealing key.
const (
	KeysetWritten   Point = "keyset_written"   // the new keyset is in a temporary file
	RotateAdded     Point = "rotate_added"     // the new key is in the keyset, but not used for sealing
	RotatePromoted  Point = "rotate_promoted"  // the new key is used for sealing
	RotateOpened    Point = "rotate_opened"    // some rows are resealed, but only in memory
	RotateResealed  Point = "rotate_resealed"  // some resealed rows are stored
	RotateForbidden Point = "rotate_forbidden" // the old key is no longer used for sealing, but still in the keyset
)
