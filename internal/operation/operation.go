// Package operation is the catalogue of the Developer API calls that this product offers. Each operation is one value
// in one file: its name, its tier, its effect, the call it makes upstream, the fields it accepts and the fields it
// returns. The runner in package proxy decides everything else by the effect. Configuration, scopes, HTTP routes, the
// API document, commands and tools for assistants all follow the catalogue.
package operation

// Effect is what an operation does at Upstash. It decides retries, idempotency, settlement and audit.
type Effect string

// The effects.
const (
	Read    Effect = "read"    // retried, has an ETag
	Create  Effect = "create"  // claimed; a lost response is settled by listing
	Change  Effect = "change"  // claimed; a lost response is settled by reading back
	Destroy Effect = "destroy" // claimed; a lost response is settled by absence
	Reveal  Effect = "reveal"  // returns secrets; audited before they leave
)

// Effects lists all effects.
func Effects() []Effect { return []Effect{Read, Create, Change, Destroy, Reveal} }

// Writes reports whether the effect changes something at Upstash.
func (e Effect) Writes() bool { return e == Create || e == Change || e == Destroy }

// Tier decides who may use an operation.
type Tier string

// The tiers. Operations on teams, members, transfers, audit logs and production packs are in no tier, so nothing can
// name them.
const (
	Default Tier = "default" // open in every installation
	Named   Tier = "named"   // open when BFF_ALLOW_OPERATIONS names it, or a pattern that ends in *
	// Guarded is open when BFF_ALLOW_OPERATIONS names it in full. A user needs a login of the last ten minutes, every
	// caller repeats the resource's name, and a service may act only on what it created.
	Guarded Tier = "guarded"
)

// Product is an Upstash product. Ids are unique within a product.
type Product string

// The products.
const (
	Redis  Product = "redis"
	Vector Product = "vector"
	Search Product = "search"
	QStash Product = "qstash"
)

// Products lists all products.
func Products() []Product { return []Product{Redis, Vector, Search, QStash} }

// Operation is one call of the Developer API as this product offers it.
type Operation struct {
	Name    string // "vector.create"; also the scope that a service needs
	Summary string // one imperative sentence, such as "Create a Vector index"
	Detail  string // what a caller must know besides; complete sentences
	Tier    Tier
	Effect  Effect
	On      *Resource // the kind of resource that it reads or changes

	// Method and Path are the route in our API, below /api/v1. {id} is the resource, {backup_id} a backup of it.
	Method, Path string
	// Part is the kind of resource that {backup_id} names: it must be a part of the resource {id}.
	Part *Resource
	// Upstream is the call at the Developer API. The operations of package proxy's hot path leave it empty.
	Upstream Upstream
	// Fields are what a caller may send: in the body of a write, in the query of a read.
	Fields []Field
	// Response is the allow-list of what leaves. Nil for Destroy, and for the operations with types of their own. A
	// change returns the resource as it is afterwards.
	Response *Object
	// List is the name of the array in our response, for an operation that returns all resources.
	List string

	// Settle tells whether a change took effect; nil when reading back cannot tell. Then a change with a lost response
	// is sent again when it can no longer take effect late.
	Settle Settle
}

// Resource is a kind of thing at Upstash, and how the runner reads it back.
type Resource struct {
	Product Product
	Noun    string // "Vector index", as people read it
	Get     Upstream
	List    Upstream
	Object  *Object // what leaves
	// ReadBack is Object with the secrets whose digests show whether a reset took effect. They never leave.
	ReadBack *Object
	// Of is the resource that owns this one, whose id the path names; nil for most.
	Of *Resource
}

// Upstream is a call of the Developer API. Its path contains {id} and {backup_id} as Path does.
type Upstream struct {
	Method, Path string
	// Switch is the boolean field that chooses between Path and Off, because Upstash has a call for each position of a
	// switch. The field is then not sent in the body.
	Switch, Off string
	// BackupID is the field of the body that holds {backup_id}.
	BackupID string
	// Silent means that the response does not contain the created resource.
	Silent bool
	// Redundant is part of the text, in lower case, with which Upstash rejects a change that is already in effect.
	Redundant string
}

// Settle reports whether a change took effect, from the resource before it, after it, and the values that were sent.
type Settle func(change Settling) bool

// Settling is the input of Settle.
type Settling struct {
	Before string // digest of the resource's secrets before the call
	After  Values // the resource now
	Digest string // digest of its secrets now
	Sent   Values
}

// Values are the values of an object's fields by their names: string, secret.Text, int64, float64, bool, []string,
// time.Time, []Point and []Series.
type Values map[string]any

// Text returns a text; "" when it is absent.
func (v Values) Text(name string) string {
	text, _ := v[name].(string)
	return text
}

// ID returns the id of a resource with this object.
func (v Values) ID(of *Object) string { return v.Text(of.IDField) }

// NameOf returns the name of a resource with this object, or its id where it has no name.
func (v Values) NameOf(of *Object) string {
	if of.NameField == "" {
		return v.ID(of)
	}

	return v.Text(of.NameField)
}
