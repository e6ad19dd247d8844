package main

import (
	"fmt"
	"net/http"
	"strings"

	"k8s.io/client-go/transport"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// onlyIn refuses an answer of a metrics API in another encoding than asked for: clients would read it all the same.
func onlyIn(encoding string) transport.WrapperFunc {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(request *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(request)
			if err != nil || !isMetricsAPI(request.URL.Path) {
				return response, err
			}
			got, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
			if got != encoding {
				response.Body.Close()
				return nil, fmt.Errorf("%s answered %s with %q and not with %q", request.URL, response.Status, got, encoding)
			}
			return response, nil
		})
	}
}

func isMetricsAPI(path string) bool {
	group, found := strings.CutPrefix(path, "/apis/")
	group, _, _ = strings.Cut(group, "/")
	return found && (group == "metrics.k8s.io" || strings.HasSuffix(group, ".metrics.k8s.io"))
}
