package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/secret"
)

type auditFlags struct {
	since, action string
	json          bool
}

func (p program) audit() *cobra.Command {
	var flags auditFlags
	command := &cobra.Command{
		Use:   "audit",
		Short: "Print the audit log",
		Long: `Prints who connected, minted, revealed, created and disconnected what, oldest event first. It works while the
server runs. The log contains no secrets. Events cannot be changed; they are retained for 400 days
(BFF_AUDIT_RETENTION). The actor is a user, a service (by its ID), the operator who ran a command, or
the server. Request IDs match those in API responses and in the server's log.`,
		Example: `  bff audit
  bff audit --since 24h --action credentials_revealed
  bff audit --since 2026-11-01 --json | jq -r .detail
  bff audit --json | jq 'select(.actor.id == "shop")'`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			address, err := config.Database(command.Flags(), p.environ)
			if err != nil {
				return err
			}

			return p.printAudit(command.Context(), address, flags)
		},
	}
	set := command.Flags()
	config.AddDatabaseFlags(set)
	set.StringVar(&flags.since, "since", "",
		"only events since then: a duration such as 24h, a date, or an RFC 3339 time")
	set.StringVar(&flags.action, "action", "", "only events with this action: "+strings.Join(actionNames(), ", "))
	set.BoolVar(&flags.json, "json", false, "print one JSON object per line")

	return command
}

// environment returns the value of a variable; empty if it is unset.
func (p program) environment(name string) string {
	for _, entry := range p.environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok && value != "" {
			return value
		}
	}

	return ""
}

func actionNames() []string {
	var names []string
	for _, action := range keys.Actions() {
		names = append(names, string(action))
	}

	return names
}

// auditLine is one event in --json output.
type auditLine struct {
	At           time.Time   `json:"at"`
	Action       keys.Action `json:"action"`
	ConnectionID string      `json:"connection_id"`
	Detail       string      `json:"detail"`
	Actor        auditActor  `json:"actor"`
	GrantID      string      `json:"grant_id"`
	RequestID    string      `json:"request_id"`
	Address      string      `json:"address"`
	Times        int64       `json:"times"`             // how often it happened within one hour
	LastAt       *time.Time  `json:"last_at,omitempty"` // the last time, if it happened more than once
}

type auditActor struct {
	Kind keys.ActorKind `json:"kind"`
	ID   string         `json:"id"` // ID of a service
}

func auditLineOf(event keys.Event) auditLine {
	actor := event.Actor

	line := auditLine{
		Times: max(1, event.Times),
		At:    event.At, Action: event.Action, ConnectionID: event.ConnectionID, Detail: event.Detail,
		Actor:   auditActor{Kind: actor.Kind, ID: actor.ID},
		GrantID: actor.GrantID, RequestID: actor.RequestID, Address: actor.Address,
	}
	if !event.LastAt.IsZero() {
		line.LastAt = &event.LastAt
	}

	return line
}

func (p program) printAudit(ctx context.Context, address secret.Text, flags auditFlags) (err error) {
	filter, err := flags.filter(time.Now())
	if err != nil {
		return err
	}

	database, err := db.Open(ctx, db.Options{URL: address.Reveal(), ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()

	write := p.auditRow
	if flags.json {
		write = func(event keys.Event) error { return terminal.WriteJSON(p.stdout, auditLineOf(event)) }
	} else if err := p.auditHeading(); err != nil {
		return err
	}

	return database.Events(ctx, filter, write)
}

// Columns have fixed widths, because the log may be too long to measure before printing it. A narrower terminal gets
// several lines per event.
const (
	auditFormat  = "%-20s  %-20s  %-16s  %-30s  %-30s  %-32s  %-15s  %s\n"
	auditColumns = 20 + 20 + 16 + 30 + 30 + 32 + 15 + 7*2 + 20 // 20 for some detail
)

var auditNames = []string{"TIME", "ACTION", "ACTOR", "CONNECTION", "GRANT", "REQUEST", "ADDRESS", "DETAIL"}

func (p program) auditHeading() error {
	if terminal.Narrower(p.stdout, auditColumns) {
		return nil
	}

	return p.auditLine(auditNames)
}

func (p program) auditLine(cells []string) error {
	values := make([]any, len(cells))
	for i, cell := range cells {
		values[i] = cell
	}
	_, err := fmt.Fprintf(p.stdout, auditFormat, values...)

	return err
}

// auditRow writes one event for people. It escapes characters that control a terminal.
func (p program) auditRow(event keys.Event) error {
	actor := string(event.Actor.Kind)
	if event.Actor.ID != "" {
		actor += " " + event.Actor.ID
	}

	detail := event.Detail
	if event.Times > 1 {
		last := event.LastAt.Format(time.RFC3339)
		detail = strings.TrimSpace(fmt.Sprintf("%s (%d times, last %s)", detail, event.Times, last))
	}

	quoted := strconv.QuoteToGraphic(detail)
	cells := []string{
		event.At.Format(time.RFC3339), string(event.Action), orDash(actor), orDash(event.ConnectionID),
		orDash(event.Actor.GrantID), orDash(terminal.Sanitize(event.Actor.RequestID)),
		orDash(terminal.Sanitize(event.Actor.Address)),
		quoted[1 : len(quoted)-1],
	}

	if !terminal.Narrower(p.stdout, auditColumns) {
		return p.auditLine(cells)
	}

	var names, known []string // without empty fields

	for i, cell := range cells {
		if i == 0 || cell != "-" && cell != "" {
			names, known = append(names, auditNames[i]), append(known, cell)
		}
	}

	return terminal.Record(p.stdout, names, known)
}

func (f auditFlags) filter(now time.Time) (keys.EventFilter, error) {
	filter := keys.EventFilter{Action: keys.Action(f.action)}
	if f.action != "" && !slices.Contains(keys.Actions(), filter.Action) {
		return filter, terminal.NewUsageError(
			fmt.Errorf("unknown --action %q; valid actions: %s", f.action, strings.Join(actionNames(), ", ")),
		)
	}

	if f.since == "" {
		return filter, nil
	}

	if ago, err := time.ParseDuration(f.since); err == nil && ago >= 0 {
		filter.Since = now.Add(-ago)
		return filter, nil
	}

	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, f.since); err == nil {
			filter.Since = at
			return filter, nil
		}
	}

	return filter, terminal.NewUsageError(fmt.Errorf(
		"invalid --since %q: give a duration such as 24h, a date such as 2026-11-01, or an RFC 3339 time",
		f.since,
	))
}
