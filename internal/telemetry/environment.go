package telemetry

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

// Environment variables of OpenTelemetry
// (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). The SDK reads these and others
// itself: sampler, headers, certificates, batch sizes.
const (
	envDisabled       = "OTEL_SDK_DISABLED"
	envExporter       = "OTEL_TRACES_EXPORTER"
	envEndpoint       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	envTracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	envProtocol       = "OTEL_EXPORTER_OTLP_PROTOCOL"
	envTracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
)

// wanted reports whether the environment enables traces, by an endpoint or an exporter.
func wanted() bool {
	if strings.EqualFold(os.Getenv(envDisabled), "true") || os.Getenv(envExporter) == "none" {
		return false
	}

	return os.Getenv(envExporter) != "" || os.Getenv(envEndpoint) != "" || os.Getenv(envTracesEndpoint) != ""
}

// TracingErrors lists unsupported values of the environment. Without these errors, the server would silently send no
// traces.
func TracingErrors() []string {
	if !wanted() {
		return nil
	}

	var found []string
	if exporter := os.Getenv(envExporter); exporter != "" && exporter != "otlp" {
		found = append(found, fmt.Sprintf("%s is %q: only otlp and none are supported", envExporter, exporter))
	}

	for _, name := range []string{envProtocol, envTracesProtocol} {
		if protocol := os.Getenv(name); protocol != "" && protocol != "http/protobuf" {
			found = append(found, fmt.Sprintf("%s is %q: only http/protobuf is supported", name, protocol))
		}
	}

	for _, name := range []string{envEndpoint, envTracesEndpoint} {
		if endpoint := os.Getenv(name); endpoint != "" && !isEndpoint(endpoint) {
			found = append(found, name+" is not an http(s) URL: the SDK would send traces to http://localhost:4318 instead")
		}
	}

	return found
}

// isEndpoint checks the URL, because the SDK silently uses its default for an invalid one. The error does not quote
// the URL, which may contain a password.
func isEndpoint(value string) bool {
	parsed, err := url.Parse(value)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Hostname() != "" &&
		!strings.ContainsAny(value, " \"'`<>")
}
