package cloud

import (
	"math"
	"net/http"
	"slices"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// createVectorRequest is the body of a create. It accepts and ignores unknown fields.
type createVectorRequest struct {
	Name               string  `json:"name"`
	Region             string  `json:"region"`
	SimilarityFunction string  `json:"similarity_function"`
	DimensionCount     float64 `json:"dimension_count"`
	Type               string  `json:"type"`
	IndexType          string  `json:"index_type"`
	EmbeddingModel     string  `json:"embedding_model"`
	SparseModel        string  `json:"sparse_embedding_model"`
}

// The kinds of a Vector index.
const (
	kindDense  = "DENSE"
	kindSparse = "SPARSE"
	kindHybrid = "HYBRID"
)

// createVector is POST /v2/vector/index.
func (a *API) createVector(w http.ResponseWriter, r *http.Request, who caller) {
	var request createVectorRequest
	if !decode(w, r, &request) {
		return
	}
	request.complete(who.plan)

	if err := request.check(who.plan); err != nil {
		a.refuseFor(w, r, err, errIndexNotFound)
		return
	}

	a.addIndex(w, r, who, vectorProduct(), state.Index{
		Name:           request.Name,
		Plan:           request.Type,
		Region:         request.Region,
		Kind:           request.IndexType,
		Similarity:     request.SimilarityFunction,
		Dimensions:     int(request.DimensionCount),
		EmbeddingModel: request.EmbeddingModel,
		SparseModel:    request.SparseModel,
	})
}

// complete fills in the optional fields. An embedding model decides how many dimensions its vectors have; Upstash's
// command line then sends 0.
func (c *createVectorRequest) complete(plan string) {
	switch c.Type {
	case "":
		c.Type = plan
	case "paid": // in the document; no index shows this plan, so we guess that it is the one without a fixed price
		c.Type = state.PlanPAYG
	}

	if c.IndexType == "" {
		c.IndexType = kindDense
	}

	if c.DimensionCount == 0 {
		c.DimensionCount = float64(dimensionsOf(c.EmbeddingModel))
	}
}

func (c *createVectorRequest) check(plan string) error {
	if err := checkIndexName(c.Name); err != nil {
		return err
	}

	switch {
	case !slices.Contains([]string{"eu-west-1", "us-east-1", "us-central1"}, c.Region):
		return errIndexRegion
	case !slices.Contains([]string{"COSINE", "EUCLIDEAN", "DOT_PRODUCT"}, c.SimilarityFunction):
		return errSimilarity
	case !slices.Contains([]string{kindDense, kindSparse, kindHybrid}, c.IndexType):
		return errIndexType
	case c.EmbeddingModel != "" && dimensionsOf(c.EmbeddingModel) == 0:
		return errEmbeddingModel
	case c.SparseModel != "" && c.SparseModel != "BM25" && c.SparseModel != "BGE_M3":
		return errSparseModel
	}

	if err := checkIndexPlan(plan, c.Type); err != nil {
		return err
	}

	return c.checkDimensions()
}

// checkDimensions compares the dimensions with the documented limits of the plans. A sparse index has none.
func (c *createVectorRequest) checkDimensions() error {
	most, least := 3072.0, 1.0
	if c.Type == state.PlanFree {
		most = 1536
	}

	if c.IndexType == kindSparse {
		least = 0
	}

	switch {
	case c.DimensionCount != math.Trunc(c.DimensionCount), c.DimensionCount < least, c.DimensionCount > most:
		return errDimensions
	case c.EmbeddingModel != "" && c.DimensionCount != float64(dimensionsOf(c.EmbeddingModel)):
		return errModelDimensions
	default:
		return nil
	}
}

// dimensionsOf returns how many dimensions the vectors of an embedding model have, or 0 for an unknown model. The
// numbers are those that the models' authors publish.
func dimensionsOf(model string) int {
	switch model {
	case "BGE_SMALL_EN_V1_5":
		return 384
	case "BGE_BASE_EN_V1_5":
		return 768
	case "BGE_LARGE_EN_V1_5", "BGE_M3":
		return 1024
	default:
		return 0
	}
}
