package harness

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/sandbox"
)

// Helpers to call every operation of the catalogue in the same way.

// WithOperations opens these operations; without names, every one of the catalogue.
func WithOperations(names ...string) Option {
	if len(names) == 0 {
		names = operation.Names(operation.All())
	}

	return WithConfig(func(c *config.Config) { c.AllowOperations = names })
}

// WithStandInClock makes the stand-ins use a clock that the test advances.
func WithStandInClock(clock *Clock) Option {
	return func(o *ProductOptions) {
		o.StandIns = append(o.StandIns, func(s *sandbox.Options) { s.Now = clock.Now })
	}
}

// Resources are the ids of one resource of each kind, all but the last with the name Mine.
type Resources struct{ Database, Backup, Vector, Search, QStash string }

// Mine is the name of the resources that Populate creates.
const Mine = "mine"

// Populate creates one resource of each kind for the account, through the API. clock is the stand-ins': Upstash backs
// up no database that is seconds old.
func (m Member) Populate(t *testing.T, clock *Clock) Resources {
	t.Helper()

	made := m.PopulateFirst(t)
	clock.Advance(5 * time.Second)

	return m.PopulateRest(t, made)
}

// PopulateFirst is the first part of Populate: after it, the stand-ins' clock must advance by five seconds.
func (m Member) PopulateFirst(t *testing.T) Resources {
	t.Helper()
	return Resources{Database: m.Create(t, "", CreateBody(Mine)).Database(t, 201).ID}
}

// PopulateRest is the second part of Populate.
func (m Member) PopulateRest(t *testing.T, made Resources) Resources {
	t.Helper()

	read := func(name, field string) string {
		called, _ := operation.Find(name)

		var object map[string]any
		m.Operate(t, Sample(called, made), "").Is(t, 201).JSON(t, &object)
		id, _ := object[field].(string)

		return id
	}
	made.Backup = read("redis.backup.create", "backup_id")
	made.Vector, made.Search = read("vector.create", "id"), read("search.create", "id")

	var list struct {
		QStash []struct{ ID string } `json:"qstash"`
	}
	m.Do(t, "GET", "/api/v1/qstash", m.Header, "").Is(t, 200).JSON(t, &list)
	made.QStash = list.QStash[0].ID

	return made
}

// Invocation is one call of an operation.
type Invocation struct {
	Method, Path, Body string
	Confirm            string // the name that a guarded operation needs
}

// Of returns the id of the resource that the operation is about.
func (r Resources) Of(called *operation.Operation) string {
	switch called.On.Product {
	case operation.Redis:
		return r.Database
	case operation.Vector:
		return r.Vector
	case operation.Search:
		return r.Search
	case operation.QStash:
		return r.QStash
	}

	return ""
}

// Sample returns a valid call of an operation: with its required fields, as their examples have them, but with the name
// Mine.
func Sample(called *operation.Operation, r Resources) Invocation {
	made := Invocation{
		Method: called.Method,
		Path:   "/api/v1" + strings.NewReplacer("{id}", r.Of(called), "{backup_id}", r.Backup).Replace(called.Path),
	}

	if called.Name == "redis.create" {
		made.Body = CreateBody(Mine)
	}

	if called.Effect.Writes() && len(called.Fields) > 0 {
		fields := map[string]any{}

		for _, field := range called.Fields {
			switch {
			case field.IsName:
				fields[field.Name] = Mine
			case field.Required:
				fields[field.Name] = field.Example
			}
		}
		encoded, _ := json.Marshal(fields)
		made.Body = string(encoded)
	}

	if called.Tier == operation.Guarded {
		made.Confirm = Mine
		if called.On.Product == operation.QStash {
			made.Confirm = r.QStash
		}
	}

	return made
}

// With returns the header of the call.
func (i Invocation) With(header http.Header, key string) http.Header {
	more := http.Header{}
	if key != "" {
		more.Set("Idempotency-Key", key)
	}

	if i.Confirm != "" {
		more.Set("Confirm-Name", i.Confirm)
	}

	return Merged(header, more)
}

// Operate makes the call. An empty key sends no Idempotency-Key.
func (m Member) Operate(t *testing.T, call Invocation, key string) Response {
	t.Helper()
	return m.Do(t, call.Method, call.Path, call.With(m.Header, key), call.Body)
}

// Rewrites forwards every request, and changes the JSON of the responses.
func (f *Front) Rewrites(change func(body any) any) {
	f.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		recorded := httptest.NewRecorder()
		f.through.ServeHTTP(recorded, r)

		var body any

		content := recorded.Body.Bytes()
		if json.Unmarshal(content, &body) == nil {
			content, _ = json.Marshal(change(body))
		}
		w.Header().Set("Content-Type", recorded.Header().Get("Content-Type"))
		w.WriteHeader(recorded.Code)
		_, _ = w.Write(content)

		return true
	})
}

// Last is the last request that reached upstream, as method and target.
func (f *Front) Last() string {
	if line := f.last.Load(); line != nil {
		return *line
	}

	return ""
}
