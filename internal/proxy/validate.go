package proxy

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/upstash"
)

const maxDatabaseName = 64

// isDatabaseName accepts letters, digits, _ and -, beginning with a letter or digit.
func isDatabaseName(name string) bool {
	if name == "" || len(name) > maxDatabaseName || !isAlphanumeric(name[0]) {
		return false
	}

	for n := range len(name) {
		if b := name[n]; !isAlphanumeric(b) && b != '_' && b != '-' {
			return false
		}
	}

	return true
}

// validate returns the upstream request, or every invalid field.
func (s *Service) validate(r CreateRequest) (upstash.CreateRequest, []problem.Field) {
	var fields []problem.Field
	reject := func(pointer, detail string, notAllowed bool) {
		fields = append(fields, problem.Field{Pointer: pointer, Detail: detail, NotAllowed: notAllowed})
	}
	listed := func(pointer, detail string, notAllowed bool) {
		fields = append(fields, problem.Field{Pointer: pointer, Detail: detail, NotAllowed: notAllowed, Listed: true})
	}

	if !isDatabaseName(r.Name) {
		reject("/name", "must be 1 to 64 letters, digits, _ or -, starting with a letter or digit", false)
	}

	if r.Region != "" && r.Region != "global" {
		reject("/region", `must be "global": regional databases are no longer made`, false)
	}

	if r.TLS != nil && !*r.TLS {
		reject("/tls", "must be true: TLS cannot be switched off", false)
	}

	primary, known := s.region(r.PrimaryRegion, "/primary_region", listed)
	if r.Platform != "" && r.Platform != "aws" && r.Platform != "gcp" {
		reject("/platform", "must be aws or gcp", false)
	} else if known && r.Platform != "" && r.Platform != primary.Platform {
		reject("/platform", fmt.Sprintf("region %s is on %s", primary.ID, primary.Platform), false)
	}
	s.validateReadRegions(r, primary, reject, listed)

	if r.Plan != "" {
		s.validatePlan(r.Plan, listed)
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
		reject("/budget", "must not be negative", false)
	case limit > 0 && (budget == 0 || budget > limit):
		reject("/budget", fmt.Sprintf("must be 1 to %d here", limit), true)
	}
}

type rejectFunc func(pointer, detail string, notAllowed bool)

func (s *Service) region(id, pointer string, reject rejectFunc) (Region, bool) {
	region, known := s.full.region(id)

	_, allowed := s.catalog.region(id)
	switch {
	case id == "":
		reject(pointer, "is required", false)
	case !known:
		reject(pointer, "is not a region", false)
	case !allowed:
		reject(pointer, "is not a region allowed here", true)
	}

	return region, known
}

const maxReadRegions = 16

func (s *Service) validateReadRegions(r CreateRequest, primary Region, reject, listed rejectFunc) {
	if len(r.ReadRegions) > maxReadRegions {
		reject("/read_regions", fmt.Sprintf("must be at most %d", maxReadRegions), false)
		return
	}

	for i, id := range r.ReadRegions {
		pointer := "/read_regions/" + strconv.Itoa(i)

		region, known := s.region(id, pointer, listed)
		switch {
		case !known:
		case id == r.PrimaryRegion:
			reject(pointer, "is already the primary region", false)
		case slices.Contains(r.ReadRegions[:i], id):
			reject(pointer, "is listed twice", false)
		case !region.ReadReplica:
			reject(pointer, "cannot be a read region", false)
		case primary.ID != "" && region.Platform != primary.Platform:
			reject(pointer, "is on another platform than the primary region", false)
		}
	}
}

func (s *Service) validatePlan(id string, reject rejectFunc) {
	is := func(plan Plan) bool { return plan.ID == id }
	switch {
	case !slices.ContainsFunc(s.full.Plans, is):
		reject("/plan", "is not a plan", false)
	case !slices.ContainsFunc(s.catalog.Plans, is):
		reject("/plan", "is not a plan allowed here", true)
	}
}
