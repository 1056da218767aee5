package api

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// Route is one registered route. Path is a template, such as /api/v1/databases/:id.
type Route struct{ Method, Path string }

// Routes lists the registered routes under /api, sorted. Tests of rules for every route iterate over this list, so
// that they cannot miss one.
func (s *Server) Routes() []Route {
	var routes []Route
	for _, route := range s.echo.Routes() {
		// skips the router's internal entries for "not found"
		if strings.HasPrefix(route.Path, "/api/") && isMethod(route.Method) {
			routes = append(routes, Route{Method: route.Method, Path: route.Path})
		}
	}
	slices.SortFunc(routes, func(a, b Route) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})

	return routes
}

func isMethod(name string) bool {
	return slices.Contains([]string{
		http.MethodGet,
		http.MethodHead,
		http.MethodPost,
		http.MethodPut,
		http.MethodPatch,
		http.MethodDelete,
		http.MethodOptions,
		http.MethodConnect,
		http.MethodTrace,
	}, name)
}
