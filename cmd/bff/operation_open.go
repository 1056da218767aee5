package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
)

// offered are the operations that BFF_ALLOW_OPERATIONS opens here.
type offered struct {
	names []string // as the setting has them
	open  []*operation.Operation
}

// offered returns what the environment opens, for help. A command reads and checks the settings when it runs.
func (p program) offered() offered {
	settings, _ := config.LoadOnly(nil, p.environ, "ALLOW_OPERATIONS") // errors are reported by the command
	return offeredBy(settings)
}

func offeredBy(settings *config.Config) offered {
	open, _ := operation.Open(settings.AllowOperations) // desktop.ReadSettings reports unknown names
	return offered{names: settings.AllowOperations, open: open}
}

// includes reports whether an operation is open.
func (o offered) includes(called *operation.Operation) bool { return slices.Contains(o.open, called) }

// setting returns the assignment that also opens an operation.
func (o offered) setting(called *operation.Operation) string {
	names := append(slices.Clone(o.names), called.Name)
	return "BFF_ALLOW_OPERATIONS=" + shellWord(strings.Join(names, ","))
}

// mark returns what help adds to the description of an operation that is not open.
func (o offered) mark(called *operation.Operation) string {
	if o.includes(called) {
		return ""
	}

	return " (not open: set " + o.setting(called) + ")"
}

// check returns a problem for an operation that is not open.
func (o offered) check(called *operation.Operation) error {
	if o.includes(called) {
		return nil
	}

	return problem.New(problem.OperationDisabled, fmt.Sprintf(
		"%s is not open here. Nothing was sent. To open it, set %s.", called.Name, o.setting(called),
	))
}
