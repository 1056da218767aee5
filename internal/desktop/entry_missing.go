package desktop

import (
	"fmt"

	"github.com/upstash-connect/bff/internal/problem"
)

// EntryMissingError means that an account is connected here and what opens its key was not found.
type EntryMissingError struct {
	email     string
	fileOnly  bool // the keyring was not asked
	noKeyring bool // there is none in this session
	toConnect bool // a connect met it
}

func (e *EntryMissingError) Error() string {
	return fmt.Sprintf("the key of %s is sealed here, and what opens it was not found", e.email)
}

// Problem says where it may be. A connect meets it as another account that it would replace.
func (e *EntryMissingError) Problem() *problem.Error {
	described := problem.Sentinel(problem.EntryMissing, e.Error(), problem.Sentence(e.Error())+" "+e.remedy())
	if e.toConnect {
		described.Exit = problem.ExitOtherAccount
	}

	return described
}

// remedy is where it may be.
func (e *EntryMissingError) remedy() string {
	switch {
	case e.fileOnly:
		return "It may be in the keyring: run this without --no-keyring."
	case e.noKeyring:
		return "There is no keyring in this session. If it was saved in one, run this where that is, as in the desktop's own terminal."
	}

	return "The keyring has no such entry, and there is no file."
}
