package operation

import "net/http"

var _ = register(Operation{
	Name: "vector.create", Tier: Named, Effect: Create, On: vectorIndex,
	Summary: "Create a Vector index",
	Method:  http.MethodPost, Path: "/vector/indexes",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/vector/index"},
	Fields: []Field{
		{Name: "name", Type: Text, Required: true, IsName: true, Help: "the index's name", Example: "my-index"},
		{
			Name: "region", Type: Text, Required: true, Bound: Regions, Help: "the index's region", Example: "eu-west-1",
			Enum: []string{"eu-west-1", "us-east-1", "us-central1"},
		},
		{
			Name: "similarity_function", Type: Text, Required: true, Help: "how the index compares vectors", Example: "COSINE",
			Enum: []string{"COSINE", "EUCLIDEAN", "DOT_PRODUCT"},
		},
		{
			Name: "dimension_count", Type: Integer, Required: true, Max: 3072, Example: 1024,
			Help: "the number of dimensions of a vector; that of the embedding model, where one is named; 0 for SPARSE",
		},
		{
			Name: "type", Type: Text, Bound: Plans, Help: "the plan", Default: "payg", Example: "payg",
			Enum: []string{"payg", "fixed", "paid"},
		},
		{
			Name: "embedding_model", Type: Text, Help: "the model that embeds text", Default: "none", Example: "BGE_M3",
			Enum: []string{"BGE_SMALL_EN_V1_5", "BGE_BASE_EN_V1_5", "BGE_LARGE_EN_V1_5", "BGE_M3"},
		},
		{
			Name: "index_type", Type: Text, Help: "the type of vectors", Default: "DENSE", Example: "DENSE",
			Enum: []string{"DENSE", "SPARSE", "HYBRID"},
		},
		{
			Name: "sparse_embedding_model", Type: Text, Help: "the model that embeds text as sparse vectors", Default: "none",
			Enum: []string{"BM25", "BGE_M3"}, Example: "BM25",
		},
	},
	Response: vectorObject,
})
