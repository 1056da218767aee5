package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

const (
	poolSize             = 16               // per replica; Postgres allows 100 connections in total by default
	poolIdle             = 5 * time.Minute  // an idle connection is closed after this
	poolAge              = 30 * time.Minute // limits how long a changed DNS name goes unnoticed
	connectTimeout       = 5 * time.Second
	defaultCallTimeout   = 15 * time.Second // of one method, including the wait for a connection and the retries
	migrationLockTimeout = 5 * time.Minute  // for the wait for another replica's migration, not for our own
	keepAliveIdle        = 15 * time.Second
	keepAliveEvery       = 5 * time.Second
	keepAliveProbes      = 3
)

// errNoSchema means that a read-only open found a database that no server has migrated.
var errNoSchema = errors.New("there is no database to read: `bff serve` creates its tables")

func (d *DB) openPostgres(ctx context.Context, options Options) error {
	config, err := postgresConfig(options.URL)
	if err != nil {
		return err
	}
	d.callTimeout, d.readOnly = defaultCallTimeout, options.ReadOnly
	d.pooler = newPooler(config, options.URL, options)

	if !options.ReadOnly {
		if err := migratePostgres(ctx, config, d.pooler); err != nil {
			return err
		}
	}

	pool := openPool(config, d.pooler)
	if d.write, err = gorm.Open(dialect{postgres.New(postgres.Config{Conn: pool})}, gormConfig()); err != nil {
		return errors.Join(fmt.Errorf("open the database: %w", err), pool.Close())
	}
	d.read = d.write

	if !options.ReadOnly {
		return nil
	}

	return d.runRead(ctx, func(read *gorm.DB) error {
		var found int

		err := read.Raw(
			"SELECT count(to_regclass(name)) FROM unnest(CAST(? AS TEXT[])) AS ours(name)",
			"{"+strings.Join(initialTables(), ",")+"}",
		).Scan(&found).Error
		if err == nil && found < len(initialTables()) {
			err = errNoSchema
		}

		return err
	})
}

func openPool(config *pgx.ConnConfig, p *pooler) *sql.DB {
	pool := stdlib.OpenDB(*config, p.hooks(p.timeouts)...)
	pool.SetMaxOpenConns(poolSize)
	pool.SetMaxIdleConns(poolSize)
	pool.SetConnMaxIdleTime(poolIdle)
	pool.SetConnMaxLifetime(poolAge)

	return pool
}

// postgresConfig parses the URL. It does not pass on pgx's own parse errors, because they quote the URL.
func postgresConfig(address string) (*pgx.ConnConfig, error) {
	secured, err := withDefaultSSLMode(address)
	if err != nil {
		return nil, err
	}

	config, err := pgx.ParseConfig(secured)
	if err != nil {
		return nil, errors.New(
			"the database URL is invalid: use postgres://USER:PASSWORD@HOST:PORT/NAME with libpq parameters",
		)
	}

	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}

	if _, given := config.RuntimeParams["application_name"]; !given {
		config.RuntimeParams["application_name"] = "bff"
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepAliveIdle, Interval: keepAliveEvery, Count: keepAliveProbes,
	}}
	config.DialFunc = dialer.DialContext

	return config, nil
}

// migratePostgres uses connections of its own, without the statement and lock timeouts: a migration may be slow, and so
// may another replica's that it waits for.
func migratePostgres(ctx context.Context, config *pgx.ConnConfig, p *pooler) (err error) {
	pool := stdlib.OpenDB(*config, p.hooks(p.timeouts.disabled("statement_timeout", "lock_timeout"))...)

	pool.SetMaxOpenConns(2)
	defer func() { err = errors.Join(err, pool.Close()) }()

	pingCtx, cancel := context.WithTimeout(ctx, migrationLockTimeout)
	defer cancel()

	if err := pool.PingContext(pingCtx); err != nil { // afterwards we know whether there is a pooler
		return err
	}

	if p.detected.Load() {
		return migrateThroughPooler(ctx, pool, func() error {
			if err := dropInvalidIndex(ctx, pool); err != nil {
				return err
			}

			return migrate(ctx, goose.DialectPostgres, pool)
		})
	}

	return migrate(ctx, goose.DialectPostgres, pool, goose.WithSessionLocker(advisoryLock{}))
}
