// Package store fills databases with connected accounts, as servers would have left them.
package store

import (
	"crypto/sha256"
	"fmt"
	"iter"

	"github.com/upstash-connect/bff/bench/standin"
)

// Account is one connected account.
type Account struct {
	N         int
	Databases int    // how many it has
	Session   string // the cookie of a session of it; empty: none that anybody knows
}

// Subject is how its tokens name it.
func (a Account) Subject() string { return fmt.Sprintf("seed|%08d", a.N) }

// Email is its e-mail address.
func (a Account) Email() string { return standin.Email(a.Subject()) }

// Key is its developer key.
func (a Account) Key() string { return standin.Key(a.N, a.Databases) }

// Active is how many accounts take part in a measurement, whatever number is stored.
const Active = 1000

// most is the largest number of stored accounts: numbers below it are those of accounts that Spread draws.
const most = 1_000_000

// usual is how many databases an account has by default.
const usual = 10

// Spread draws so many accounts, evenly from a million: the active ones are among them whatever the number.
func Spread(stored int) iter.Seq[Account] {
	return func(yield func(Account) bool) {
		step := most / stored
		for n := 0; n < most; n += step {
			account := Account{N: n, Databases: usual}
			if n%(most/Active) == 0 {
				account.Session = Cookie(n)
			}

			if !yield(account) {
				return
			}
		}
	}
}

// ActiveAccounts are those that are in every store.
func ActiveAccounts() []Account {
	var accounts []Account
	for account := range Spread(Active) {
		accounts = append(accounts, account)
	}

	return accounts
}

// Of makes count accounts of so many databases each, beyond those that Spread draws. Each group has its own numbers.
func Of(group, databases, count int) []Account {
	accounts := make([]Account, count)
	for n := range accounts {
		accounts[n] = Account{N: most*(group+1) + n, Databases: databases}
	}

	return accounts
}

// Subjects are those of accounts.
func Subjects(accounts []Account) []string {
	subjects := make([]string, len(accounts))
	for n, account := range accounts {
		subjects[n] = account.Subject()
	}

	return subjects
}

// Cookie is the session cookie's value of an account: it has the form of a real one, and is known without asking.
func Cookie(n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "bench session %d", n))
	return encodeToken(sum[:])
}
