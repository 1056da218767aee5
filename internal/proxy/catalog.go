package proxy

import "slices"

// Platform is a cloud on which databases run.
type Platform struct{ ID, Label string }

// Region is a region of a platform.
type Region struct {
	ID, Label, Platform string
	ReadReplica         bool // whether it can be a read region
}

// Plan is a price plan.
type Plan struct{ ID, Label string }

// Catalog lists the values that a create may use.
type Catalog struct {
	Platforms []Platform
	Regions   []Region
	Plans     []Plan
}

// FullCatalog is what Upstash offers, according to its OpenAPI document and global-database page: 14 AWS regions, of
// which 13 can be read regions, and 4 of Google Cloud. Responses may name others, which are passed on unchanged.
func FullCatalog() Catalog {
	return Catalog{
		Platforms: []Platform{{"aws", "AWS"}, {"gcp", "Google Cloud"}},
		Regions: []Region{
			{"us-east-1", "US East (N. Virginia)", "aws", true},
			{"us-east-2", "US East (Ohio)", "aws", true},
			{"us-west-1", "US West (N. California)", "aws", true},
			{"us-west-2", "US West (Oregon)", "aws", true},
			{"ca-central-1", "Canada (Central)", "aws", true},
			{"eu-central-1", "Europe (Frankfurt)", "aws", true},
			{"eu-west-1", "Europe (Ireland)", "aws", true},
			{"eu-west-2", "Europe (London)", "aws", true},
			{"sa-east-1", "South America (São Paulo)", "aws", true},
			{"ap-south-1", "Asia Pacific (Mumbai)", "aws", true},
			{"ap-northeast-1", "Asia Pacific (Tokyo)", "aws", true},
			{"ap-southeast-1", "Asia Pacific (Singapore)", "aws", true},
			{"ap-southeast-2", "Asia Pacific (Sydney)", "aws", true},
			{"af-south-1", "Africa (Cape Town)", "aws", false},
			{"us-central1", "US Central (Iowa)", "gcp", false},
			{"us-east4", "US East (N. Virginia)", "gcp", false},
			{"europe-west1", "Europe West (Belgium)", "gcp", false},
			{"asia-northeast1", "Asia Northeast (Tokyo)", "gcp", false},
		},
		Plans: []Plan{
			{"free", "Free"},
			{"payg", "Pay as you go"},
			{"fixed_250mb", "Fixed 250 MB"},
			{"fixed_1gb", "Fixed 1 GB"},
			{"fixed_5gb", "Fixed 5 GB"},
			{"fixed_10gb", "Fixed 10 GB"},
			{"fixed_50gb", "Fixed 50 GB"},
			{"fixed_100gb", "Fixed 100 GB"},
			{"fixed_500gb", "Fixed 500 GB"},
		},
	}
}

func (c Catalog) region(id string) (Region, bool) {
	i := slices.IndexFunc(c.Regions, func(r Region) bool { return r.ID == id })
	if i < 0 {
		return Region{}, false
	}

	return c.Regions[i], true
}

func (c Catalog) platformOf(region string) string {
	found, _ := c.region(region)
	return found.Platform
}

// Policy narrows the catalog to what this installation allows.
type Policy struct {
	Regions      []string // empty: all
	Plans        []string // empty: all
	MaxBudget    int64    // 0: no limit here. The unit is Upstash's, whose documents do not define it
	MaxDatabases int      // per account; 0: no limit here
}

func (p Policy) narrow(full Catalog) Catalog {
	return full.Within(bounded(p.Regions), bounded(p.Plans))
}

// bounded maps an empty list, which means "all" in the configuration, to nil, which means "all" for Within.
func bounded(names []string) []string {
	if len(names) == 0 {
		return nil
	}

	return names
}

// Within returns the part of the catalog with these regions and plans; nil allows all of them, an empty list none.
func (c Catalog) Within(regions, plans []string) Catalog {
	within := Catalog{Platforms: []Platform{}, Regions: []Region{}, Plans: []Plan{}}
	for _, region := range c.Regions {
		if regions == nil || slices.Contains(regions, region.ID) {
			within.Regions = append(within.Regions, region)
		}
	}

	for _, platform := range c.Platforms {
		if slices.ContainsFunc(within.Regions, func(r Region) bool { return r.Platform == platform.ID }) {
			within.Platforms = append(within.Platforms, platform)
		}
	}

	for _, plan := range c.Plans {
		if plans == nil || slices.Contains(plans, plan.ID) {
			within.Plans = append(within.Plans, plan)
		}
	}

	return within
}

// UnknownNames lists the names in the policy that the catalog does not have, so that a misspelled name is reported at
// start.
func (p Policy) UnknownNames() (regions, plans []string) {
	full := FullCatalog()
	for _, id := range p.Regions {
		if _, ok := full.region(id); !ok {
			regions = append(regions, id)
		}
	}

	for _, id := range p.Plans {
		if !slices.ContainsFunc(full.Plans, func(plan Plan) bool { return plan.ID == id }) {
			plans = append(plans, id)
		}
	}

	return regions, plans
}
