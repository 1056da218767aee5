package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// failure names flags and commands instead of the API's fields and headers.
func (o *operationRun) failure(err error) error {
	var failed *failure
	if !errors.As(fail(err, o.nativeFlags), &failed) {
		return err
	}
	described := &failed.problem

	for i, fault := range described.Errors {
		field, _, _ := strings.Cut(strings.TrimPrefix(fault.Pointer, "/"), "/")
		if _, known := o.called.Field(field); known && !o.json {
			described.Errors[i].Pointer = "--" + fieldFlag(field)
		}
	}

	_, uncertain := errors.AsType[*proxy.UncertainError](err)
	_, busy := errors.AsType[*proxy.CreateBusyError](err)

	switch {
	case described.Code == problem.NotAllowed:
		described.Detail = "Correct these values; BFF_ALLOWED_REGIONS, BFF_ALLOWED_PLANS and BFF_MAX_BUDGET limit them here."
	case len(described.Errors) > 0:
		described.Detail = "Correct these values; bff " + commandOf(o.called) + " --help lists the valid ones."
	case uncertain:
		o.describeUncertain(described)
	case busy:
		described.Detail = "Another call with this key, or on the same name or resource, is in progress. Try again shortly."
	default:
		if detail := o.detailFor(described.Code); detail != "" {
			described.Detail = detail
		}
	}

	return failed
}

// detailFor returns the detail for the command line; "" if that of the problem fits.
func (o *operationRun) detailFor(code problem.Code) string {
	of := targetOf(o.called)

	switch code { //nolint:exhaustive // the others have a detail that fits
	case problem.DatabaseNotFound, problem.ResourceNotFound:
		what := of
		if part := partOf(of); part != nil && code == problem.ResourceNotFound {
			what = part
		}

		return strings.ToUpper(what.Noun[:1]) + what.Noun[1:] + " not found in this account. " + o.listWords(what) + " lists all."
	case problem.ConfirmationMismatch:
		return fmt.Sprintf("Repeat the %s of the %s with --confirm. Nothing was changed.", identityOf(of), of.Noun)
	case problem.IdempotencyKeyReused:
		return "This --idempotency-key was used with other values. Use a new one for another call."
	}

	return ""
}

// listWords returns the command that lists resources of a kind.
func (o *operationRun) listWords(of *operation.Resource) string {
	list, found := listOf(of)
	switch {
	case !found:
		return o.command(commandOfProduct(of.Product) + " list")
	case of.Of != nil:
		return o.command(commandOf(list)) + " " + shellWord(o.named[0])
	}

	return o.command(commandOf(list))
}

// describeUncertain prints the command that reports the outcome. It has IDs instead of names: after a rename or a
// delete, the name that the user typed finds nothing.
func (o *operationRun) describeUncertain(described *problemLine) {
	wait := time.Duration(described.RetryAfter) * time.Second
	described.Detail = fmt.Sprintf(
		"bff sent the call, but Upstash's response was lost. To learn the outcome, run this in %s:\n  %s", wait, o.repeat(),
	)
	described.IdempotencyKey = o.call.Key

	if !o.json { // the text has it
		described.RetryAfter = 0
	}
}

// repeat returns the command line of the same call.
func (o *operationRun) repeat() string {
	words := []string{o.command(commandOf(o.called))}

	for _, id := range []string{o.call.ID, o.call.BackupID} {
		if id != "" {
			words = append(words, shellWord(id))
		}
	}
	words = append(words, fieldWords(o.called, o.call.Sent)...)

	if o.called.Tier == operation.Guarded {
		words = append(words, "--confirm "+shellWord(o.call.Confirmed))
	}
	words = append(words, "--idempotency-key "+shellWord(o.call.Key))

	if o.json {
		words = append(words, "--json")
	}

	return strings.Join(words, " ")
}
