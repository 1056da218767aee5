package partner

import (
	"context"
	"slices"
	"strings"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// Run calls an operation of the catalogue within the grant: with its scope, on the resources that the grant covers, and
// within its limits. A guarded operation works only on what the service created. Any other resource looks absent, and
// no request goes to Upstash.
func (a GrantAccess) Run(ctx context.Context, call proxy.Call) (proxy.Result, error) {
	called := call.Operation
	if err := a.checkScope(ctx, called.Name); err != nil {
		return proxy.Result{}, err
	}

	if strings.Contains(called.Path, "{id}") {
		if err := a.coversForOperation(ctx, called, call.ID); err != nil {
			return proxy.Result{}, err
		}
	}

	if fields := a.beyondGrant(called, call.Sent); len(fields) > 0 {
		return proxy.Result{}, LimitReached(fields...)
	}

	if err := a.keepsBudget(ctx, call); err != nil {
		return proxy.Result{}, err
	}

	result, err := a.partners.options.Databases.Run(ctx, proxy.Caller{
		Account: a.Grant.Account,
		Grant:   &proxy.Grant{ID: a.Grant.ID, MaxDatabases: a.Policy.MaxDatabases, MaxBudget: a.Policy.MaxBudget},
	}, call)
	if err != nil {
		return proxy.Result{}, forServiceCaller(err)
	}

	if result.Replayed && result.ID != "" { // the grant may have been narrowed since
		if err := a.coversForOperation(ctx, called, result.ID); err != nil {
			return proxy.Result{}, err
		}
	}

	return a.coveredElements(ctx, called, result)
}

// coversForOperation returns nil when the grant covers the resource for this operation.
func (a GrantAccess) coversForOperation(ctx context.Context, called *operation.Operation, id string) error {
	absent := proxy.NotFound(called)

	if called.Tier == operation.Guarded {
		created, err := a.created(ctx, id)
		if err == nil && !created {
			err = absent
		}

		return err
	}

	ids, all, err := a.covered(ctx)
	if err == nil && !all && !slices.Contains(ids, id) {
		err = absent
	}

	return err
}

// created reports whether the service created the resource under this grant.
func (a GrantAccess) created(ctx context.Context, id string) (bool, error) {
	if a.Policy.Databases == ReachSelected {
		return false, nil
	}

	found, err := a.partners.options.Store.GrantDatabases(ctx, a.Grant.ID)

	return slices.ContainsFunc(found, func(d GrantDatabase) bool { return d.ID == id && d.Created }), err
}

// coveredElements leaves out of a list what the grant does not cover. The parts of one resource, such as its backups,
// are all covered: the resource was checked.
func (a GrantAccess) coveredElements(
	ctx context.Context, called *operation.Operation, result proxy.Result,
) (proxy.Result, error) {
	if called.List == "" || called.On.Of != nil {
		return result, nil
	}

	ids, all, err := a.covered(ctx)
	if err != nil || all {
		return result, err
	}
	covered := []proxy.Element{}

	for _, element := range result.Elements {
		if slices.Contains(ids, element.ID) {
			covered = append(covered, element)
		}
	}
	result.Elements = covered

	return result, nil
}

// beyondGrant lists the values of a call that the grant does not allow. Where it bounds the budget, nothing without a
// budget of its own may be created, unless it is free.
func (a GrantAccess) beyondGrant(called *operation.Operation, sent operation.Values) []problem.Field {
	if !called.Effect.Writes() {
		return nil
	}
	bounds := Permitted(a.Principal.Service.Policy, a.Grant.Asked, a.Grant.Consent)

	var fields []problem.Field

	// Invalid values are the runner's to report: only what the grant forbids is listed here.
	for _, field := range called.Check(called.Complete(sent), operation.Policy{
		Regions: bounds.Regions, Plans: bounds.Plans, MaxBudget: a.Policy.MaxBudget,
	}) {
		if field.NotAllowed() {
			fields = append(fields, field)
		}
	}

	plan, takesPlan := called.PlanField()
	if takesPlan && a.Policy.MaxBudget > 0 && called.Complete(sent).Text(plan) != "free" {
		fields = append(fields, problem.NewField(
			"/"+plan, problem.FieldNotAllowed, "must be free: the grant bounds the budget",
		))
	}

	return fields
}

// keepsBudget returns grant_limit for a change that raises a budget above that of the resource's create, where the
// grant bounds the budget: it bounds the sum of those.
func (a GrantAccess) keepsBudget(ctx context.Context, call proxy.Call) error {
	name, hasBudget := call.Operation.BudgetField()
	if !hasBudget || a.Policy.MaxBudget == 0 || call.Operation.Effect != operation.Change {
		return nil
	}
	budget, _ := call.Sent[name].(int64)

	found, err := a.partners.options.Store.GrantDatabases(ctx, a.Grant.ID)
	if err != nil {
		return err
	}

	if slices.ContainsFunc(found, func(d GrantDatabase) bool { return d.ID == call.ID && budget <= d.Budget }) {
		return nil
	}

	return LimitReached(problem.NewField(
		"/"+name, problem.FieldNotAllowed, "is higher than that of its create: the grant bounds the sum",
	))
}
