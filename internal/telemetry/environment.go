package telemetry

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

// The variables are OpenTelemetry's own
// (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). Its SDK reads them itself, and
// more of them than are named here: sampler, headers, certificates, batch sizes.
const (
	envDisabled       = "OTEL_SDK_DISABLED"
	envExporter       = "OTEL_TRACES_EXPORTER"
	envEndpoint       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	envTracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	envProtocol       = "OTEL_EXPORTER_OTLP_PROTOCOL"
	envTracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
)

// wanted reports whether the environment asks for traces: by naming where they go, or the exporter.
func wanted() bool {
	if strings.EqualFold(os.Getenv(envDisabled), "true") || os.Getenv(envExporter) == "none" {
		return false
	}

	return os.Getenv(envExporter) != "" || os.Getenv(envEndpoint) != "" || os.Getenv(envTracesEndpoint) != ""
}

// TracingFaults names what the environment asks for and is not offered here. Going on without would be silence where
// traces are expected.
func TracingFaults() []string {
	if !wanted() {
		return nil
	}

	var faults []string
	if exporter := os.Getenv(envExporter); exporter != "" && exporter != "otlp" {
		faults = append(faults, fmt.Sprintf("%s is %q: otlp and none are known", envExporter, exporter))
	}

	for _, name := range []string{envProtocol, envTracesProtocol} {
		if protocol := os.Getenv(name); protocol != "" && protocol != "http/protobuf" {
			faults = append(faults, fmt.Sprintf("%s is %q: http/protobuf is offered alone", name, protocol))
		}
	}

	for _, name := range []string{envEndpoint, envTracesEndpoint} {
		if endpoint := os.Getenv(name); endpoint != "" && !isEndpoint(endpoint) {
			faults = append(faults, name+" is not an http(s) URL: the SDK would send traces to http://localhost:4318 instead")
		}
	}

	return faults
}

// isEndpoint is not asked by the SDK, which goes on with its default. The fault quotes nothing: a URL may hold a
// password.
func isEndpoint(value string) bool {
	parsed, err := url.Parse(value)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Hostname() != "" &&
		!strings.ContainsAny(value, " \"'`<>")
}
