package sandbox

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/cloud"
	"github.com/upstash-connect/bff/internal/sandbox/plane"
	"github.com/upstash-connect/bff/internal/sandbox/redis"
	"github.com/upstash-connect/bff/internal/sandbox/rest"
)

// liveRedis serves the databases.
type liveRedis struct {
	cluster *redis.Cluster
	front   *redis.Front
	address cloud.Address
	tls     *tls.Config
	caFile  string
}

// openRedis makes the databases' cluster and updates the address of every database, which may have changed since an
// earlier start.
func (s *Sandbox) openRedis(listener net.Listener) error {
	at := listener.Addr().(*net.TCPAddr)

	s.redis.address = cloud.Address{Host: at.IP.String(), Port: at.Port, TLS: s.options.RedisTLS}
	if err := s.store.PlaceDatabases(at.IP.String(), at.Port, s.options.RedisTLS); err != nil {
		return fmt.Errorf("place the databases: %w", err)
	}

	if s.options.RedisTLS {
		caFile, err := filepath.Abs(filepath.Join(s.options.stateDir(), "redis-ca.pem"))
		if err != nil {
			return fmt.Errorf("find the databases' authority: %w", err)
		}

		s.redis.caFile = caFile
		if s.redis.tls, err = redis.TLSConfig(caFile, at.IP, s.options.Now); err != nil {
			return err
		}
	}

	cluster, err := redis.New(redis.Options{
		Store:   s.store,
		Dir:     filepath.Join(s.options.stateDir(), "redis"),
		NoSync:  s.options.NoSync,
		Logger:  s.options.Logger,
		Observe: func(command, database string, took time.Duration) { s.journal.Observe(command, database, took) },
	})
	if err != nil {
		return err
	}
	s.redis.cluster = cluster

	return nil
}

// newREST serves the databases over HTTP. It limits the bodies itself, so that the error text is Upstash's.
func (s *Sandbox) newREST() http.Handler {
	return rest.New(rest.Options{
		Authenticate: func(token string) (rest.Access, bool) {
			session, known := s.redis.cluster.AuthenticateToken(token)
			return rest.Access{Dial: session.Dial, ReadOnly: session.ReadOnly, Refusal: session.Refusal}, known
		},
		Now:    s.options.Now,
		Logger: s.options.Logger,
	})
}

// newPlanes serves the databases over HTTP, and answers what is addressed to another product at the same address.
func (s *Sandbox) newPlanes() http.Handler {
	return plane.Wrap(plane.Options{
		Product: func(token string) (string, bool) {
			found, err := s.store.TokenOf(token)
			return found.Product, err == nil
		},
		Next: s.newREST(),
	})
}

// tokenEmail returns the e-mail of the owner of the database or of the other resource that a REST request addresses.
func (s *Sandbox) tokenEmail(r *http.Request) string {
	token := plane.Token(r)

	owner := ""
	if session, known := s.redis.cluster.AuthenticateToken(token); known {
		owner = session.Database.Owner
	} else if found, err := s.store.TokenOf(token); err == nil {
		owner = found.Owner
	}

	account, err := s.store.AccountBySubject(owner)
	if err != nil {
		return ""
	}

	return account.Email
}

func (s *Sandbox) serveRedis(base context.Context, listener net.Listener, rest http.Handler) {
	s.redis.front = redis.NewFront(redis.FrontOptions{
		Listener: listener, Cluster: s.redis.cluster, REST: rest, TLS: s.redis.tls, Logger: s.options.Logger,
	})
	s.redis.front.Start(base)
}

// stop closes the listener and disconnects its clients.
func (r liveRedis) stop(ctx context.Context) error {
	if r.front == nil {
		return nil
	}

	return r.front.Close(ctx)
}

// dataGrace is how long the databases may take to close: longer than closeGrace, so that a busy machine loses no data.
const dataGrace = 10 * time.Second

// close has its own timeout: data must reach the disk even if the listeners used up theirs.
func (r liveRedis) close(ctx context.Context) error {
	if r.cluster == nil {
		return nil
	}

	ctx, cancel := context.WithTimeout(ctx, dataGrace)
	defer cancel()

	return r.cluster.Close(ctx)
}

// RedisURL is the TCP URL of all databases: rediss with TLS. It has no user and password, which select the database.
func (s *Sandbox) RedisURL() string { return s.redisURL("redis") }

// RESTURL is the REST URL of all databases. The token selects the database.
func (s *Sandbox) RESTURL() string { return s.redisURL("http") }

func (s *Sandbox) redisURL(scheme string) string {
	if s.redis.address.TLS {
		scheme += "s"
	}

	return scheme + "://" + net.JoinHostPort(s.redis.address.Host, strconv.Itoa(s.redis.address.Port))
}

// RedisCAFile is the absolute path of the certificate of the authority that signed the databases' certificate; empty
// without TLS.
func (s *Sandbox) RedisCAFile() string { return s.redis.caFile }
