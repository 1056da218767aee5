package state

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	bolt "go.etcd.io/bbolt"
)

// The plans an account can be on.
const (
	PlanFree = "free"
	PlanPAYG = "payg"
)

// MaxKeys is how many developer keys one account may have.
const MaxKeys = 37

// Errors of the account calls.
var (
	ErrEmailInvalid = errors.New("not a usable e-mail address")
	ErrEmailTaken   = errors.New("e-mail is in use")
	ErrSubjectTaken = errors.New("subject is in use")
	ErrKeyNameTaken = errors.New("key name is in use")
	ErrKeyLimit     = errors.New("key limit reached")
	ErrHasDatabases = errors.New("the account has databases")
	ErrHasIndexes   = errors.New("the account has indexes")
	ErrHasTeams     = errors.New("the account owns teams")
)

// Account is one person: the user the identity provider logs in, and the Upstash account that user owns. Subject
// never changes; Email may.
type Account struct {
	Subject      string    `json:"sub"`
	Email        string    `json:"email"`
	Plan         string    `json:"plan"`
	Marketplace  string    `json:"marketplace,omitempty"` // "vercel" or "fly"; empty for a native account
	Suspended    bool      `json:"suspended,omitempty"`
	PasswordHash []byte    `json:"password_hash,omitempty"`
	CreatedAt    time.Time `json:"created_at"`
	Keys         []Key     `json:"keys,omitempty"`
}

// Key is a developer key of an account.
type Key struct {
	Name      string    `json:"name"`
	Secret    string    `json:"secret"`
	CreatedAt time.Time `json:"created_at"`
	ReadOnly  bool      `json:"read_only,omitempty"`
	Team      string    `json:"team,omitempty"` // the id of the team it acts for; empty for the account itself
}

// NormalizeEmail returns the form in which an e-mail is stored and looked up.
func NormalizeEmail(email string) string {
	return strings.ToLower(strings.TrimSpace(email))
}

func checkEmail(email string) error {
	local, domain, found := strings.Cut(email, "@")
	if !found || local == "" || domain == "" || len(email) > 254 {
		return ErrEmailInvalid
	}

	if strings.ContainsFunc(email, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return ErrEmailInvalid
	}

	return nil
}

// CreateAccount stores a new account and returns it as stored. It derives an empty Subject from the e-mail, so that
// the same e-mail gets the same subject in every new directory. It returns ErrEmailInvalid, ErrEmailTaken or
// ErrSubjectTaken.
func (s *Store) CreateAccount(account Account) (Account, error) {
	account.Email = NormalizeEmail(account.Email)
	if err := checkEmail(account.Email); err != nil {
		return Account{}, err
	}

	return update(s, func(tx *bolt.Tx) (Account, error) {
		if tx.Bucket([]byte(bucketEmails)).Get([]byte(account.Email)) != nil {
			return Account{}, ErrEmailTaken
		}

		accounts := tx.Bucket([]byte(bucketAccounts))
		if account.Subject == "" {
			account.Subject = freeSubject(accounts, account.Email)
		} else if accounts.Get([]byte(account.Subject)) != nil {
			return Account{}, ErrSubjectTaken
		}

		if err := put(tx, bucketEmails, account.Email, account.Subject); err != nil {
			return Account{}, err
		}

		return account, put(tx, bucketAccounts, account.Subject, account)
	})
}

// freeSubject skips subjects in use: an account keeps its subject when its e-mail changes, and a new account may then
// use the old e-mail.
func freeSubject(accounts *bolt.Bucket, email string) string {
	for n := 0; ; n++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s#%d", email, n))

		subject := "auth0|" + hex.EncodeToString(sum[:12])
		if accounts.Get([]byte(subject)) == nil {
			return subject
		}
	}
}

// AccountBySubject returns the account with that subject, or ErrNotFound.
func (s *Store) AccountBySubject(subject string) (Account, error) {
	return view(s, func(tx *bolt.Tx) (Account, error) {
		return get[Account](tx, bucketAccounts, subject)
	})
}

// AccountByEmail returns the account with this current e-mail, or ErrNotFound.
func (s *Store) AccountByEmail(email string) (Account, error) {
	return view(s, func(tx *bolt.Tx) (Account, error) {
		return accountByEmail(tx, email)
	})
}

func accountByEmail(tx *bolt.Tx, email string) (Account, error) {
	subject, err := get[string](tx, bucketEmails, NormalizeEmail(email))
	if err != nil {
		return Account{}, err
	}

	return get[Account](tx, bucketAccounts, subject)
}

// ChangeEmail changes the account's e-mail; its subject, keys and databases stay. It returns ErrNotFound,
// ErrEmailInvalid or ErrEmailTaken.
func (s *Store) ChangeEmail(from, to string) (Account, error) {
	to = NormalizeEmail(to)
	if err := checkEmail(to); err != nil {
		return Account{}, err
	}

	return update(s, func(tx *bolt.Tx) (Account, error) {
		account, err := accountByEmail(tx, from)
		if err != nil {
			return Account{}, err
		}

		if account.Email == to {
			return account, nil
		}

		emails := tx.Bucket([]byte(bucketEmails))
		if emails.Get([]byte(to)) != nil {
			return Account{}, ErrEmailTaken
		}

		if err := emails.Delete([]byte(account.Email)); err != nil {
			return Account{}, err
		}

		if err := renameMember(tx, account.Email, to); err != nil {
			return Account{}, err
		}

		account.Email = to
		if err := put(tx, bucketEmails, to, account.Subject); err != nil {
			return Account{}, err
		}

		return account, put(tx, bucketAccounts, account.Subject, account)
	})
}

// DeleteAccount deletes an account without databases and indexes, and its consents. It returns ErrNotFound,
// ErrHasDatabases, ErrHasIndexes or ErrHasTeams.
func (s *Store) DeleteAccount(email string) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		account, err := accountByEmail(tx, email)
		if err != nil {
			return err
		}

		owned, err := databases(tx, account.Subject)
		switch {
		case err != nil:
			return err
		case len(owned) > 0:
			return ErrHasDatabases
		}

		held, err := indexes(tx, account.Subject, "")
		switch {
		case err != nil:
			return err
		case len(held) > 0:
			return ErrHasIndexes
		}

		led, err := teams(tx, func(team Team) bool { return team.Owner == account.Subject })
		switch {
		case err != nil:
			return err
		case len(led) > 0:
			return ErrHasTeams
		}

		if err := dropQStashes(tx, account.Subject); err != nil {
			return err
		}

		if err := tx.Bucket([]byte(bucketEmails)).Delete([]byte(account.Email)); err != nil {
			return err
		}

		return tx.Bucket([]byte(bucketAccounts)).Delete([]byte(account.Subject))
	})
}

// AddKey adds a developer key to the account. It returns ErrNotFound, ErrKeyNameTaken or ErrKeyLimit.
func (s *Store) AddKey(subject string, key Key) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		account, err := get[Account](tx, bucketAccounts, subject)
		if err != nil {
			return err
		}

		for _, held := range account.Keys {
			if held.Name == key.Name {
				return ErrKeyNameTaken
			}
		}

		if len(account.Keys) >= MaxKeys {
			return ErrKeyLimit
		}
		account.Keys = append(account.Keys, key)

		return put(tx, bucketAccounts, subject, account)
	})
}

// DeleteKey removes a developer key by name, or returns ErrNotFound.
func (s *Store) DeleteKey(email, name string) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		account, err := accountByEmail(tx, email)
		if err != nil {
			return err
		}

		for i, held := range account.Keys {
			if held.Name == name {
				account.Keys = append(account.Keys[:i], account.Keys[i+1:]...)
				return put(tx, bucketAccounts, account.Subject, account)
			}
		}

		return ErrNotFound
	})
}
