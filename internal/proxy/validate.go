package proxy

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/upstash"
)

// validate returns the upstream request, or every invalid field.
func (s *Service) validate(r CreateRequest) (upstash.CreateRequest, []problem.Field) {
	var fields []problem.Field
	reject := func(field problem.Field) { fields = append(fields, field) }

	if !operation.IsName(r.Name) {
		reject(operation.NameError("/name", r.Name))
	}

	if r.Region != "" && r.Region != "global" {
		reject(problem.NewField("/region", problem.FieldValue, `must be "global": regional databases are no longer made`))
	}

	if r.TLS != nil && !*r.TLS {
		reject(problem.NewField("/tls", problem.FieldValue, "must be true: TLS cannot be switched off"))
	}

	primary, known := s.region(r.PrimaryRegion, "/primary_region", reject)
	if r.Platform != "" && r.Platform != "aws" && r.Platform != "gcp" {
		reject(problem.NewField("/platform", problem.FieldValue, "must be aws or gcp"))
	} else if known && r.Platform != "" && r.Platform != primary.Platform {
		detail := fmt.Sprintf("region %s is on %s", primary.ID, primary.Platform)
		reject(problem.NewField("/platform", problem.FieldConflict, detail))
	}
	s.validateReadRegions(r, primary, reject)

	if r.Plan != "" {
		s.validatePlan(r.Plan, reject)
	}

	if r.Budget != nil {
		s.validateBudget(*r.Budget, reject)
	}

	return upstash.CreateRequest{
		Name: r.Name, Platform: primary.Platform, PrimaryRegion: r.PrimaryRegion, ReadRegions: r.ReadRegions,
		Plan: r.Plan, Budget: r.Budget, Eviction: r.Eviction, TLS: true,
	}, fields
}

// validateBudget checks a budget that the caller names. Without one, Upstash's default applies. 0 is unlimited.
func (s *Service) validateBudget(budget int64, reject rejectFunc) {
	limit := s.options.Policy.MaxBudget

	switch {
	case budget < 0:
		reject(problem.NewField("/budget", problem.FieldRange, "must not be negative").AtLeast(0))
	case limit > 0 && (budget == 0 || budget > limit):
		detail := fmt.Sprintf("must be 1 to %d here", limit)
		reject(problem.NewField("/budget", problem.FieldNotAllowed, detail).AtLeast(1).AtMost(limit))
	}
}

type rejectFunc func(problem.Field)

func (s *Service) region(id, pointer string, reject rejectFunc) (Region, bool) {
	region, known := s.full.region(id)

	_, allowed := s.catalog.region(id)
	switch {
	case id == "":
		reject(problem.NewField(pointer, problem.FieldRequired, "is required").Listed())
	case !known:
		reject(problem.NewField(pointer, problem.FieldValue, "is not a region").Listed())
	case !allowed:
		reject(problem.NewField(pointer, problem.FieldNotAllowed, "is not a region allowed here").Listed())
	}

	return region, known
}

const maxReadRegions = 16

func (s *Service) validateReadRegions(r CreateRequest, primary Region, reject rejectFunc) {
	if len(r.ReadRegions) > maxReadRegions {
		detail := fmt.Sprintf("must be at most %d", maxReadRegions)
		reject(problem.NewField("/read_regions", problem.FieldTooLong, detail).AtMost(maxReadRegions))

		return
	}

	for i, id := range r.ReadRegions {
		pointer := "/read_regions/" + strconv.Itoa(i)

		region, known := s.region(id, pointer, reject)
		switch {
		case !known:
		case id == r.PrimaryRegion:
			reject(problem.NewField(pointer, problem.FieldConflict, "is already the primary region"))
		case slices.Contains(r.ReadRegions[:i], id):
			reject(problem.NewField(pointer, problem.FieldDuplicate, "is listed twice"))
		case !region.ReadReplica:
			reject(problem.NewField(pointer, problem.FieldValue, "cannot be a read region"))
		case primary.ID != "" && region.Platform != primary.Platform:
			reject(problem.NewField(pointer, problem.FieldConflict, "is on another platform than the primary region"))
		}
	}
}

func (s *Service) validatePlan(id string, reject rejectFunc) {
	is := func(plan Plan) bool { return plan.ID == id }
	switch {
	case !slices.ContainsFunc(s.full.Plans, is):
		reject(problem.NewField("/plan", problem.FieldValue, "is not a plan").Listed())
	case !slices.ContainsFunc(s.catalog.Plans, is):
		reject(problem.NewField("/plan", problem.FieldNotAllowed, "is not a plan allowed here").Listed())
	}
}
