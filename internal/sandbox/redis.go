package sandbox

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/cloud"
	"github.com/upstash-connect/bff/internal/sandbox/redis"
	"github.com/upstash-connect/bff/internal/sandbox/rest"
)

// openRedis makes the databases' cluster, and has every database say where it
// is served now: what an earlier start told them may have changed.
func (s *Sandbox) openRedis(listener net.Listener) error {
	at := listener.Addr().(*net.TCPAddr)
	s.redisAddress = cloud.Address{Host: at.IP.String(), Port: at.Port}
	if err := s.store.PlaceDatabases(s.redisAddress.Host, s.redisAddress.Port, s.redisAddress.TLS); err != nil {
		return fmt.Errorf("place the databases: %w", err)
	}
	s.cluster = redis.New(redis.Options{
		Store: s.store, Now: s.options.Now, Logger: s.options.Logger,
		Observe: func(command, database string, took time.Duration) { s.journal.Observe(command, database, took) },
	})
	return nil
}

// newREST serves the databases over HTTP. It bounds the bodies itself, to say what Upstash says.
func (s *Sandbox) newREST() http.Handler {
	return rest.New(rest.Options{
		Authenticate: func(token string) (rest.Access, bool) {
			session, known := s.cluster.AuthenticateToken(token)
			return rest.Access{Dial: session.Dial, ReadOnly: session.ReadOnly, Refusal: session.Refusal}, known
		},
		Now:    s.options.Now,
		Logger: s.options.Logger,
	})
}

// tokenEmail tells whose database a REST request is for.
func (s *Sandbox) tokenEmail(r *http.Request) string {
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token == "" {
		token = r.URL.Query().Get("_token")
	}
	session, known := s.cluster.AuthenticateToken(token)
	if !known {
		return ""
	}
	account, err := s.store.AccountBySubject(session.Database.Owner)
	if err != nil {
		return ""
	}
	return account.Email
}

// RedisURL is where the databases are served, over TCP and REST alike: without
// user and password, which say which database is meant.
func (s *Sandbox) RedisURL() string {
	return "redis://" + net.JoinHostPort(s.redisAddress.Host, fmt.Sprint(s.redisAddress.Port))
}

// RESTURL is every database's REST URL. The token says which one is meant.
func (s *Sandbox) RESTURL() string {
	return "http://" + net.JoinHostPort(s.redisAddress.Host, fmt.Sprint(s.redisAddress.Port))
}
