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
	poolSize             = 16               // of one replica; Postgres takes 100 connections in all unless told otherwise
	poolIdle             = 5 * time.Minute  // an idle connection is closed
	poolAge              = 30 * time.Minute // so that a new address behind the name is found
	connectTimeout       = 5 * time.Second
	defaultCallTimeout   = 15 * time.Second // of one method, its waiting for a connection and its retries included
	migrationLockTimeout = 5 * time.Minute  // of waiting for another replica's migration. What is under way takes its time
	keepAliveIdle        = 15 * time.Second
	keepAliveEvery       = 5 * time.Second
	keepAliveProbes      = 3
)

// errNoSchema means that a database was to be looked at in which no server has been.
var errNoSchema = errors.New("there is no database to read: `bff serve` makes its tables")

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

// postgresConfig reads the URL. pgx's own words about a faulty one are not passed on: they quote it.
func postgresConfig(address string) (*pgx.ConnConfig, error) {
	secured, err := withDefaultSSLMode(address)
	if err != nil {
		return nil, err
	}

	config, err := pgx.ParseConfig(secured)
	if err != nil {
		return nil, errors.New(
			"the database URL cannot be used: it must read postgres://USER:PASSWORD@HOST:PORT/NAME, and its parameters must be libpq's",
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

// migratePostgres uses connections of its own, to which the bounds on statements do not apply: a migration may take its
// time, and so may another replica's that it waits for.
func migratePostgres(ctx context.Context, config *pgx.ConnConfig, p *pooler) (err error) {
	pool := stdlib.OpenDB(*config, p.hooks(p.timeouts.disabled("statement_timeout", "lock_timeout"))...)

	pool.SetMaxOpenConns(2)
	defer func() { err = errors.Join(err, pool.Close()) }()

	reach, cancel := context.WithTimeout(ctx, migrationLockTimeout)
	defer cancel()

	if err := pool.PingContext(reach); err != nil { // from here on it is known whether there is a pooler
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
