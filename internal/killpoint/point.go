// Package killpoint names the moments of a mint, of a create, of a grant and of a rotation at which a crash costs most.
// A binary built with the tag killpoints dies or pauses at one of them when it is told to, so that a test can see what
// a restart makes of it. In every other build Reach is empty and vanishes.
package killpoint

// Point is one such moment.
type Point string

// The moments, in the order in which a mint meets them.
const (
	LeaseTaken      Point = "lease_taken"      // nothing is written down yet
	IntentCommitted Point = "intent_committed" // the name is written down, the call is not made
	AnswerRead      Point = "answer_read"      // the key is in memory alone
	KeySealed       Point = "key_sealed"       // it is sealed, and not stored yet
	RowCommitted    Point = "row_committed"    // the key is stored, the caller does not know
)

// The moments of a create.
const (
	CreateClaimed  Point = "create_claimed"  // the key is claimed, nothing is to be sent yet
	CreateIntended Point = "create_intended" // it is written down that the call is about to leave
	CreateAnswered Point = "create_answered" // the database is in memory alone
	CreateRecorded Point = "create_recorded" // the outcome is stored, the caller does not know
)

// The moments at which a connect session becomes a grant, and a grant ends.
const (
	GrantWritten        Point = "grant_written"        // in a transaction that is not committed
	GrantCommitted      Point = "grant_committed"      // the service does not know
	RevocationWritten   Point = "revocation_written"   // in a transaction that is not committed
	RevocationCommitted Point = "revocation_committed" // whoever revoked it does not know
)

// The moments of a rotation of the sealing key.
const (
	KeysetWritten   Point = "keyset_written"   // the new keyset lies beside the file
	RotateAdded     Point = "rotate_added"     // the new key is in the file, and seals nothing
	RotatePromoted  Point = "rotate_promoted"  // it seals
	RotateOpened    Point = "rotate_opened"    // some rows are opened and sealed anew, in memory alone
	RotateResealed  Point = "rotate_resealed"  // some rows are stored
	RotateForbidden Point = "rotate_forbidden" // the old key may seal nothing any more, and is in the file
)
