package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

const (
	poolSize        = 16               // of one replica; Postgres takes 100 connections in all unless told otherwise
	poolIdle        = 5 * time.Minute  // an idle connection is closed
	poolAge         = 30 * time.Minute // so that a new address behind the name is found
	connectTimeout  = 5 * time.Second
	answerTimeout   = 15 * time.Second // of one method, its waiting for a connection and its retries included
	migrateTimeout  = 5 * time.Minute  // waiting for another replica's migration included
	keepAliveIdle   = 15 * time.Second
	keepAliveEvery  = 5 * time.Second
	keepAliveProbes = 3
)

// Bounds that the server itself keeps, in milliseconds: a replica that stopped in the middle of a transaction must not
// hold its locks for ever. What the URL sets itself is left alone.
func serverBounds() map[string]string {
	return map[string]string{
		"application_name":                    "bff",
		"statement_timeout":                   "10000",
		"lock_timeout":                        "8000",
		"idle_in_transaction_session_timeout": "20000",
	}
}

// errNoSchema means that a database was to be looked at in which no server has been.
var errNoSchema = errors.New("there is no database to read: `bff serve` makes its tables")

func (d *DB) openPostgres(ctx context.Context, options Options) error {
	config, err := postgresConfig(options.URL)
	if err != nil {
		return err
	}
	d.patience = answerTimeout

	if options.ReadOnly {
		config.RuntimeParams["default_transaction_read_only"] = "on"
	} else if err := migratePostgres(ctx, config); err != nil {
		return err
	}

	pool := openPool(config)
	if d.write, err = gorm.Open(postgres.New(postgres.Config{Conn: pool}), gormConfig()); err != nil {
		return errors.Join(fmt.Errorf("open the database: %w", err), pool.Close())
	}
	d.read = d.write

	if !options.ReadOnly {
		return nil
	}

	return d.look(ctx, func(read *gorm.DB) error {
		var found bool

		err := read.Raw("SELECT to_regclass('connections') IS NOT NULL").Scan(&found).Error
		if err == nil && !found {
			err = errNoSchema
		}

		return err
	})
}

func openPool(config *pgx.ConnConfig) *sql.DB {
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(poolSize)
	pool.SetMaxIdleConns(poolSize)
	pool.SetConnMaxIdleTime(poolIdle)
	pool.SetConnMaxLifetime(poolAge)

	return pool
}

// postgresConfig reads the URL. pgx's own words about a faulty one are not passed on: they quote it.
func postgresConfig(address string) (*pgx.ConnConfig, error) {
	secured, err := secureByDefault(address)
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

	for name, value := range serverBounds() {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepAliveIdle, Interval: keepAliveEvery, Count: keepAliveProbes,
	}}
	config.DialFunc = dialer.DialContext

	return config, nil
}

// migratePostgres uses a connection of its own, to which the bounds on statements do not apply: a migration may take
// its time, and so may another replica's that it waits for.
func migratePostgres(ctx context.Context, config *pgx.ConnConfig) (err error) {
	config = config.Copy()
	for _, bound := range []string{"statement_timeout", "lock_timeout"} {
		delete(config.RuntimeParams, bound)
	}

	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	pool := stdlib.OpenDB(*config)

	pool.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, pool.Close()) }()

	return migrate(ctx, goose.DialectPostgres, pool, goose.WithSessionLocker(advisoryLock{}))
}
