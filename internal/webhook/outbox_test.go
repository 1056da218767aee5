package webhook_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/dbtest"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/webhook"
)

// outbox is a real database with a service and a connection.
type outbox struct {
	*db.DB
	box        *seal.Box
	connection keys.Connection
}

const serviceID = "shop"

func newOutbox(t *testing.T) *outbox {
	t.Helper()

	database, err := db.Open(t.Context(), db.Options{
		URL: dbtest.SQLite(t), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close() })

	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}

	box, err := seal.NewBox(keyset)
	if err != nil {
		t.Fatal(err)
	}
	o := &outbox{DB: database, box: box}
	o.connection = o.connect(t)
	o.service(t, serviceID)

	return o
}

func (o *outbox) service(t *testing.T, id string) {
	t.Helper()

	added := partner.Service{ID: id, Name: "Service " + id, CreatedAt: time.Now()}

	err := o.InsertService(t.Context(), added, keys.Event{At: time.Now(), Action: keys.ActionServiceAdded})
	if err != nil {
		t.Fatal(err)
	}
}

func (o *outbox) connect(t *testing.T) keys.Connection {
	t.Helper()
	account, now := keys.Account{Issuer: "https://issuer.example/", Subject: "auth0|1"}, time.Now()

	connection, err := o.EnsureConnection(t.Context(), account, "con_1", now)
	if err != nil {
		t.Fatal(err)
	}

	_, fence, err := o.TakeLease(t.Context(), connection.ID, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	intent := keys.Intent{
		ID: "int_1", ConnectionID: connection.ID, Name: "KEY", State: keys.IntentOpen, Fence: fence, CreatedAt: now,
	}

	if err := o.OpenIntent(t.Context(), intent, time.Minute); err != nil {
		t.Fatal(err)
	}

	connection, err = o.StoreKey(t.Context(), keys.StoredKey{
		ConnectionID: connection.ID, IntentID: intent.ID, Fence: fence, Email: "a@example.com", Name: "KEY",
		Sealed: []byte("sealed"), At: now,
	})
	if err != nil {
		t.Fatal(err)
	}

	return connection
}

// endpoint gives a service an endpoint with one new secret, which it returns.
func (o *outbox) endpoint(t *testing.T, id, url string) secret.Text {
	t.Helper()
	key := webhook.NewSecret()
	stored := webhook.SealedSecret{ID: "whk_" + id}

	sealed, err := o.box.Seal([]byte(key.Reveal()), stored.Cell())
	if err != nil {
		t.Fatal(err)
	}
	stored.Sealed = sealed

	err = o.PutEndpoint(t.Context(), webhook.Endpoint{
		ServiceID: id, URL: url, Secrets: []webhook.SealedSecret{stored},
	})
	if err != nil {
		t.Fatal(err)
	}

	return key
}

// grant completes a connect session: one event, grant.created.
func (o *outbox) grant(t *testing.T, service, user string) {
	t.Helper()
	id, now := service+"-"+user, time.Now()
	session := partner.ConnectSession{
		ID: "cs_" + id, ServiceID: service, ExternalID: user, State: partner.SessionAwaitingCompletion, CreatedAt: now,
		ExpiresAt: now.Add(time.Hour), InvitationHash: []byte("i" + id), StatusHash: []byte("s" + id),
		ConnectionID: o.connection.ID, Epoch: o.connection.Epoch, CodeHash: []byte("c" + id),
	}

	if err := o.InsertConnectSession(t.Context(), session); err != nil {
		t.Fatal(err)
	}

	_, err := o.CompleteConnectSession(t.Context(), session, partner.Grant{
		ID: "grt_" + id, ServiceID: service, ExternalID: user, CreatedAt: now,
	}, keys.Event{At: now, Action: keys.ActionGrantCreated})
	if err != nil {
		t.Fatal(err)
	}
}

// flip pauses and recovers every grant of the connection: two events each.
func (o *outbox) flip(t *testing.T) {
	t.Helper()

	for _, move := range [][2]keys.State{{keys.Active, keys.Suspect}, {keys.Suspect, keys.Active}} {
		moved, err := o.MoveConnection(t.Context(), o.connection.ID, o.connection.KeyName, move[0], move[1])
		if err != nil || !moved {
			t.Fatalf("%v: %t, %v", move, moved, err)
		}
	}
}

// clock is a clock that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()

	return c.now
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func (o *outbox) sender(t *testing.T, holder string, change func(*webhook.Options)) *webhook.Sender {
	t.Helper()
	options := webhook.Options{
		Store: o.DB, Box: o.box, Networks: loopback, Holder: holder, Logger: slog.New(slog.DiscardHandler),
	}

	if change != nil {
		change(&options)
	}

	sender, err := webhook.NewSender(options)
	if err != nil {
		t.Fatal(err)
	}

	return sender
}

// received is an event as a receiver sees it.
type received struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Data struct {
		Sequence int64 `json:"sequence"`
		Grant    struct {
			ID string `json:"id"`
		} `json:"grant"`
	} `json:"data"`
}

// receiver is a partner's endpoint. It checks signatures, and that no grant's sequence goes backwards.
type receiver struct {
	*httptest.Server

	mu     sync.Mutex
	secret secret.Text
	events map[string]int   // id -> how often
	latest map[string]int64 // grant -> sequence
	faults []string
}

// newReceiver starts a receiver. respond may answer a request itself; it returns whether it did.
func newReceiver(t *testing.T, respond func(http.ResponseWriter, *http.Request) bool) *receiver {
	t.Helper()
	r := &receiver{events: map[string]int{}, latest: map[string]int64{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if respond == nil || !respond(w, request) {
			r.take(request)
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(r.Close)

	return r
}

func (r *receiver) take(request *http.Request) {
	body, err := io.ReadAll(request.Body)

	r.mu.Lock()
	defer r.mu.Unlock()

	fault := func(format string, values ...any) { r.faults = append(r.faults, fmt.Sprintf(format, values...)) }

	verifier, verifierErr := standardwebhooks.NewWebhook(r.secret.Reveal())
	if err != nil || verifierErr != nil {
		fault("%v, %v", err, verifierErr)
		return
	}

	if err := verifier.VerifyIgnoringTimestamp(body, request.Header); err != nil { // tests set the clock
		fault("%v", err)
	}

	var event received
	if err := json.Unmarshal(body, &event); err != nil || event.ID != request.Header.Get("webhook-id") {
		fault("%s: %v", body, err)
	}

	grant := event.Data.Grant.ID
	if event.Data.Sequence < r.latest[grant] {
		fault("%s: %d after %d", grant, event.Data.Sequence, r.latest[grant])
	}
	r.latest[grant] = event.Data.Sequence
	r.events[event.ID]++
}

// received returns how many different events arrived, and fails for anything that was wrong with them.
func (r *receiver) received(t *testing.T) int {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()

	for _, fault := range r.faults {
		t.Error(fault)
	}

	return len(r.events)
}
