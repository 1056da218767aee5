package cloud

import "github.com/upstash-connect/bff/internal/sandbox/state"

// VectorDescription is a Vector index as the API shows it, including secrets.
type VectorDescription struct {
	IndexHead
	SimilarityFunction string `json:"similarity_function"`
	DimensionCount     int    `json:"dimension_count"`
	IndexType          string `json:"index_type"`
	EmbeddingModel     string `json:"embedding_model,omitempty"`
	SparseModel        string `json:"sparse_embedding_model,omitempty"`
	IndexLimits
	MaxTotalMetadataSize int64 `json:"max_total_metadata_size"`
	ReservedPrice        int64 `json:"reserved_price"`
}

// SearchDescription is a Search index as the API shows it, including secrets.
type SearchDescription struct {
	IndexHead
	VercelEmail string `json:"vercel_email"`
	IndexLimits
	MaxMonthlyReranks      int64 `json:"max_monthly_reranks"`
	InputEnrichmentEnabled bool  `json:"input_enrichment_enabled"`
}

// IndexHead is what every index shows.
type IndexHead struct {
	CustomerID       string  `json:"customer_id"`
	ID               string  `json:"id"`
	Name             string  `json:"name"`
	Endpoint         string  `json:"endpoint"` // the first label of a host
	Token            string  `json:"token,omitempty"`
	ReadOnlyToken    string  `json:"read_only_token"`
	Type             string  `json:"type"` // the plan
	Region           string  `json:"region"`
	CreationTime     int64   `json:"creation_time"` // seconds
	ThroughputVector []point `json:"throughput_vector"`
}

// IndexLimits are the limits of a plan; -1 is no limit. The numbers are guesses.
type IndexLimits struct {
	MaxVectorCount      int64 `json:"max_vector_count"`
	MaxDailyUpdates     int64 `json:"max_daily_updates"`
	MaxDailyQueries     int64 `json:"max_daily_queries"`
	MaxMonthlyBandwidth int64 `json:"max_monthly_bandwidth"`
	MaxWritesPerSecond  int64 `json:"max_writes_per_second"`
	MaxQueryPerSecond   int64 `json:"max_query_per_second"`
	MaxReadsPerRequest  int64 `json:"max_reads_per_request"`
	MaxWritesPerRequest int64 `json:"max_writes_per_request"`
}

// DescribeVector returns a Vector index with its secrets.
func DescribeVector(account state.Account, index state.Index) VectorDescription {
	described := VectorDescription{
		IndexHead:            indexHead(account, index),
		SimilarityFunction:   index.Similarity,
		DimensionCount:       index.Dimensions,
		IndexType:            index.Kind,
		EmbeddingModel:       index.EmbeddingModel,
		SparseModel:          index.SparseModel,
		IndexLimits:          indexLimits(index.Plan),
		MaxTotalMetadataSize: 50 << 30,
	}
	if index.Plan == state.PlanFixed {
		described.ReservedPrice = 60
	}

	return described
}

// DescribeSearch returns a Search index with its secrets.
func DescribeSearch(account state.Account, index state.Index) SearchDescription {
	return SearchDescription{
		IndexHead:              indexHead(account, index),
		IndexLimits:            indexLimits(index.Plan),
		MaxMonthlyReranks:      -1,
		InputEnrichmentEnabled: true,
	}
}

func indexHead(account state.Account, index state.Index) IndexHead {
	return IndexHead{
		CustomerID:       customer(account, index.Owner),
		ID:               index.ID,
		Name:             index.Name,
		Endpoint:         index.Endpoint,
		Token:            index.Token,
		ReadOnlyToken:    index.ReadOnlyToken,
		Type:             index.Plan,
		Region:           index.Region,
		CreationTime:     index.CreatedAt.Unix(),
		ThroughputVector: []point{},
	}
}

func indexLimits(plan string) IndexLimits {
	found := IndexLimits{
		MaxVectorCount:      2_000_000,
		MaxDailyUpdates:     -1,
		MaxDailyQueries:     -1,
		MaxMonthlyBandwidth: -1,
		MaxWritesPerSecond:  1000,
		MaxQueryPerSecond:   1000,
		MaxReadsPerRequest:  1000,
		MaxWritesPerRequest: 1000,
	}

	switch plan {
	case state.PlanFree:
		found.MaxVectorCount, found.MaxDailyUpdates, found.MaxDailyQueries = 200_000, 10_000, 10_000
	case state.PlanFixed:
		found.MaxDailyUpdates, found.MaxDailyQueries = 1_000_000, 1_000_000
	}

	return found
}
