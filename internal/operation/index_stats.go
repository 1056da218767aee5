package operation

// statsPeriod is the period of the time series of Vector, Search and QStash.
var statsPeriod = Field{
	Name: "period", Type: Text, Help: "the period of the time series", Default: "1h", Example: "1d",
	Enum: []string{"1h", "3h", "12h", "1d", "3d", "7d", "30d"},
}

// indexStats is the usage of a Vector or Search index, for which Upstash has one schema.
var indexStats = &Object{
	Name: "IndexStats",
	Fields: []Out{
		{Name: "pending_index_count", Type: OutInteger, Help: "vectors that are not indexed yet", Example: 1},
		{Name: "current_vector_count", Type: OutInteger, Help: "vectors now", Example: 1000},
		{Name: "daily_query_count", Type: OutInteger, Help: "queries today", Example: 100},
		{Name: "daily_update_count", Type: OutInteger, Help: "updates today", Example: 10},
		{Name: "monthly_query_count", Type: OutInteger, Help: "queries this month", Example: 1000},
		{Name: "monthly_update_count", Type: OutInteger, Help: "updates this month", Example: 1000},
		{Name: "monthly_bandwidth_usage", Type: OutInteger, Help: "bandwidth this month, in bytes", Example: 7000},
		{Name: "storage_usage", Type: OutInteger, Help: "storage now, in bytes", Example: 7000},
		{Name: "monthly_cost", Type: OutNumber, Help: "cost this month, in US dollars", Example: 0.5},
		{Name: "daily_rerank_count", Type: OutInteger, Help: "reranks today", Example: 0},
		{Name: "monthly_rerank_count", Type: OutInteger, Help: "reranks this month", Example: 10},
		{Name: "daily_update_requests", Type: OutPoints, Help: "updates by day"},
		{Name: "daily_query_requests", Type: OutPoints, Help: "queries by day"},
		{Name: "daily_bandwidths", Type: OutPoints, Help: "bandwidth by day, in bytes"},
		{Name: "query_throughput", Type: OutPoints, Help: "queries per second"},
		{Name: "update_throughput", Type: OutPoints, Help: "updates per second"},
		{Name: "query_latency_mean", Type: OutPoints, Help: "mean latency of queries, in Upstash's unit"},
		{Name: "query_latency_99", Type: OutPoints, Help: "latency of the slowest percent of queries"},
		{Name: "update_latency_mean", Type: OutPoints, Help: "mean latency of updates"},
		{Name: "update_latency_99", Type: OutPoints, Help: "latency of the slowest percent of updates"},
		{Name: "embeds_latency_mean", Type: OutPoints, Help: "mean latency of embeddings"},
		{Name: "embeds_latency_99", Type: OutPoints, Help: "latency of the slowest percent of embeddings"},
		{Name: "vector_count", Type: OutPoints, Help: "vectors"},
		{Name: "data_size", Type: OutPoints, Help: "storage in bytes"},
		{Name: "daily_rerank_requests", Type: OutPoints, Help: "reranks by day"},
		{Name: "rerank_latency_mean", Type: OutPoints, Help: "mean latency of reranks"},
		{Name: "rerank_latency_99", Type: OutPoints, Help: "latency of the slowest percent of reranks"},
		{Name: "days", Type: OutTexts, Help: "the days of the series by day", Example: []string{"Sunday", "Monday"}},
	},
}
