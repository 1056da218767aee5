package api

import "github.com/upstash-connect/bff/internal/partner"

// policyBody is a policy in a request body. Absent fields do not change.
type policyBody struct {
	Scopes       *[]string `json:"scopes,omitempty" example:"redis.list,redis.create"`                                        // operations: redis.list, redis.get, redis.create, redis.credentials
	Databases    *string   `json:"databases,omitempty" example:"created" extensions:"x-extensible-enum=selected|created|all"` // selected: the databases that the user selected; created: also those that the service created; all: every database of the account
	Regions      *[]string `json:"regions,omitempty" example:"us-east-1,eu-west-1"`                                           // regions in which the service may create databases; all if absent
	Plans        *[]string `json:"plans,omitempty" example:"payg"`                                                            // plans on which the service may create databases; all if absent
	MaxDatabases *int64    `json:"max_databases,omitempty" example:"5" minimum:"0"`                                           // how many databases the service may create; 0: unlimited
	MaxBudget    *int64    `json:"max_budget,omitempty" example:"100" minimum:"0"`                                            // highest total monthly budget of these databases, in Upstash's unit; 0: unlimited
} // @name NarrowGrantRequest

func (b *policyBody) into(all fields) fields {
	all["scopes"], all["databases"], all["regions"], all["plans"] = &b.Scopes, &b.Databases, &b.Regions, &b.Plans
	all["max_databases"], all["max_budget"] = &b.MaxDatabases, &b.MaxBudget

	return all
}

func (b *policyBody) narrowing() partner.Narrowing {
	return partner.Narrowing{
		Scopes: b.Scopes, Databases: b.Databases, Regions: b.Regions, Plans: b.Plans,
		MaxDatabases: b.MaxDatabases, MaxBudget: b.MaxBudget,
	}
}
