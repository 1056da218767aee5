package assistant

import (
	"context"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/proxy"
)

const redisCreate = "redis.create"

// typed are the operations that have methods of their own in package proxy. The callers of those in the API poll.
var typed = map[string]func(context.Context, *Server, arguments) (answer, error){ //nolint:gochecknoglobals // a table
	"redis.list": func(ctx context.Context, s *Server, _ arguments) (answer, error) {
		listing, err := s.options.Databases.List(ctx, s.options.Account)
		if err != nil {
			return answer{}, err
		}

		return answer{body: s.options.Encode.Databases(listing.Databases)}, nil
	},
	"redis.get": func(ctx context.Context, s *Server, given arguments) (answer, error) {
		database, err := s.options.Databases.Database(ctx, s.options.Account, given.id)
		if err != nil {
			return answer{}, err
		}

		return answer{body: s.options.Encode.Database(database)}, nil
	},
	redisCreate: func(ctx context.Context, s *Server, given arguments) (answer, error) {
		request := s.options.Databases.Validate(createRequest(given.sent))

		database, replayed, err := s.options.Databases.Create(ctx, s.options.Account, given.key, request)
		if err != nil {
			return answer{}, err
		}

		return answer{body: s.options.Encode.Database(database), replayed: replayed}, nil
	},
	"redis.credentials": func(ctx context.Context, s *Server, given arguments) (answer, error) {
		revealed, err := s.options.Databases.Credentials(ctx, s.options.Account, given.id)
		if err != nil {
			return answer{}, err
		}

		return answer{body: s.options.Encode.Credentials(revealed)}, nil
	},
}

// createFields are the fields of a create, with the values that this installation allows. Package proxy checks them.
func createFields(catalog proxy.Catalog) []operation.Field {
	var regions, replicas, plans []string

	for _, region := range catalog.Regions {
		regions = append(regions, region.ID)
		if region.ReadReplica {
			replicas = append(replicas, region.ID)
		}
	}

	for _, plan := range catalog.Plans {
		plans = append(plans, plan.ID)
	}

	return []operation.Field{
		{
			Name: "name", Type: operation.Text, Required: true,
			Help: "1 to 64 letters, digits, _ or -, starting with a letter or digit",
		},
		{
			Name: "primary_region", Type: operation.Text, Required: true, Enum: regions,
			Help: "the region of the primary",
		},
		{
			Name: "read_regions", Type: operation.Texts, Enum: replicas,
			Help: "the regions of read replicas, on the same platform",
		},
		{Name: "plan", Type: operation.Text, Enum: plans, Help: "the plan; absent: depends on the account"},
		{Name: "budget", Type: operation.Integer, Help: "the monthly budget, in Upstash's unit"},
		{Name: "eviction", Type: operation.Boolean, Help: "whether to evict keys when the database is full"},
	}
}

// createRequest returns the request with the values that were sent.
func createRequest(sent operation.Values) proxy.CreateRequest {
	request := proxy.CreateRequest{
		Name: sent.Text("name"), PrimaryRegion: sent.Text("primary_region"), Plan: sent.Text("plan"),
	}
	request.ReadRegions, _ = sent["read_regions"].([]string)

	if budget, present := sent["budget"].(int64); present {
		request.Budget = &budget
	}

	if eviction, present := sent["eviction"].(bool); present {
		request.Eviction = &eviction
	}

	return request
}
