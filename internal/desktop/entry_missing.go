package desktop

import (
	"fmt"

	"github.com/upstash-connect/bff/internal/problem"
)

// EntryMissingError means that an account is connected, but the entry that decrypts its key was not found.
type EntryMissingError struct {
	email     string
	fileOnly  bool // the keyring was not searched
	noKeyring bool // this session has none
	toConnect bool // a connect found it
}

func (e *EntryMissingError) Error() string {
	return fmt.Sprintf("the entry that decrypts the key of %s was not found", e.email)
}

// Problem adds where the entry may be. For a connect, the exit code is that of another account.
func (e *EntryMissingError) Problem() *problem.Error {
	described := problem.Sentinel(problem.EntryMissing, e.Error(), problem.Sentence(e.Error())+" "+e.remedy())
	if e.toConnect {
		described.Exit = problem.ExitOtherAccount
	}

	return described
}

// remedy explains where the entry may be.
func (e *EntryMissingError) remedy() string {
	switch {
	case e.fileOnly:
		return "It may be in the keyring: run the command without --no-keyring."
	case e.noKeyring:
		return "This session has no keyring. If the entry is in a keyring, run the command where that is available, such as in a terminal on the desktop."
	}

	return "The keyring has no such entry, and there is no file."
}
