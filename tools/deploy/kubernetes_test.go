package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"
)

const manifests = "../../deploy/kubernetes/"

// decode reads a manifest into the type of its kind. Unknown and duplicate fields are errors.
func decode[T any](t *testing.T, name string) T {
	t.Helper()
	var into T
	if err := yaml.UnmarshalStrict([]byte(read(t, manifests+name)), &into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return into
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// kustomization.yaml lists every manifest except the known exceptions, and the selectors match the Pods.
func TestManifestsAreConsistent(t *testing.T) {
	listed := decode[struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Resources  []string `json:"resources"`
	}](t, "kustomization.yaml").Resources
	files, err := filepath.Glob(manifests + "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		unlisted := slices.Contains([]string{"kustomization.yaml", "podmonitor.yaml", "secret.example.yaml"}, name)
		if slices.Contains(listed, name) == unlisted {
			t.Errorf("%s: listed in kustomization.yaml: %t", name, !unlisted)
		}
	}
	pod := decode[appsv1.Deployment](t, "deployment.yaml").Spec.Template
	finds := func(name string, selector map[string]string) {
		t.Helper()
		if len(selector) == 0 || !labels.SelectorFromSet(selector).Matches(labels.Set(pod.Labels)) {
			t.Errorf("%s selects %v, and the Pods have %v", name, selector, pod.Labels)
		}
	}
	finds("deployment.yaml", decode[appsv1.Deployment](t, "deployment.yaml").Spec.Selector.MatchLabels)
	finds(
		"poddisruptionbudget.yaml",
		decode[policyv1.PodDisruptionBudget](t, "poddisruptionbudget.yaml").Spec.Selector.MatchLabels,
	)
	policy := decode[networkingv1.NetworkPolicy](t, "networkpolicy.yaml").Spec
	finds("networkpolicy.yaml", policy.PodSelector.MatchLabels)
	service := decode[corev1.Service](t, "service.yaml").Spec
	finds("service.yaml", service.Selector)

	ports := map[string]int32{}
	container := pod.Spec.Containers[0]
	for _, port := range container.Ports {
		ports[port.Name] = port.ContainerPort
	}
	for _, port := range service.Ports {
		if ports[port.TargetPort.StrVal] == 0 || port.TargetPort.StrVal == "admin" {
			t.Errorf("service.yaml leads to port %q", port.TargetPort.StrVal)
		}
	}
	for _, rule := range policy.Ingress {
		for _, port := range rule.Ports {
			if ports[port.Port.StrVal] == 0 || len(rule.From) == 0 {
				t.Errorf("networkpolicy.yaml lets %v reach %v", rule.From, port.Port)
			}
		}
	}
	for _, name := range []string{"LISTEN", "ADMIN_LISTEN"} {
		port := map[string]string{"LISTEN": "http", "ADMIN_LISTEN": "admin"}[name]
		if want := ":" + strconv.Itoa(int(ports[port])); environment(t, container)["BFF_"+name] != want {
			t.Errorf("BFF_%s is %s, and port %s is %s", name, environment(t, container)["BFF_"+name], port, want)
		}
	}
	for key, value := range decode[corev1.Secret](t, "secret.example.yaml").StringData {
		if value != "" {
			t.Errorf("the template of the Secret has a value for %s", key)
		}
	}
}

// environment returns the container's environment: the ConfigMap's and its own.
func environment(t *testing.T, container corev1.Container) map[string]string {
	t.Helper()
	all := map[string]string{}
	config := decode[corev1.ConfigMap](t, "configmap.yaml")
	if len(container.EnvFrom) != 1 || container.EnvFrom[0].ConfigMapRef.Name != config.Name {
		t.Fatalf("the container reads its environment from %v", container.EnvFrom)
	}
	for name, value := range config.Data {
		all[name] = value
	}
	for _, variable := range container.Env {
		all[variable.Name] = variable.Value
	}
	return all
}

// The Pod has only the permissions that it needs, and enough time to stop.
func TestPodIsRestrictedAndHasTimeToStop(t *testing.T) {
	deployment := decode[appsv1.Deployment](t, "deployment.yaml").Spec
	pod := deployment.Template.Spec
	container := pod.Containers[0]
	security := container.SecurityContext
	for what, holds := range map[string]bool{
		"two replicas":               *deployment.Replicas >= 2,
		"never fewer while rolling":  *deployment.Strategy.RollingUpdate.MaxUnavailable == intstr.FromInt32(0),
		"no service links":           !*pod.EnableServiceLinks,
		"no token of the API server": !*pod.AutomountServiceAccountToken,
		"not as root":                *pod.SecurityContext.RunAsNonRoot && *pod.SecurityContext.RunAsUser == 65532,
		"seccomp":                    pod.SecurityContext.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
		"no more privileges":         !*security.AllowPrivilegeEscalation && security.Privileged == nil,
		"a read-only root":           *security.ReadOnlyRootFilesystem,
		"no capabilities":            slices.Equal(security.Capabilities.Drop, []corev1.Capability{"ALL"}) && len(security.Capabilities.Add) == 0,
		"bounds":                     !container.Resources.Limits.Memory().IsZero() && !container.Resources.Requests.Cpu().IsZero(),
		"the user of the image":      strings.Contains(read(t, "../../Dockerfile"), "USER 65532:65532"),
	} {
		if !holds {
			t.Errorf("the Pod lacks: %s", what)
		}
	}
	grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second
	if needed := lag(t, container.Args) + stopping(t); grace <= needed {
		t.Errorf("the Pod is killed after %s, but may take %s to stop", grace, needed)
	}
	probe := container.ReadinessProbe
	if seen := time.Duration(
		probe.PeriodSeconds*probe.FailureThreshold+probe.TimeoutSeconds,
	) * time.Second; lag(
		t, container.Args,
	) <= seen {
		t.Errorf(
			"the server serves for %s after a stop request, but the probe may need %s to see that it is not ready",
			lag(t, container.Args),
			seen,
		)
	}
}

func lag(t *testing.T, args []string) time.Duration {
	t.Helper()
	for _, arg := range args {
		if value, found := strings.CutPrefix(arg, "--drain-lag="); found {
			parsed, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			return parsed
		}
	}
	t.Fatalf("%q has no --drain-lag", args)
	return 0
}

// stopping returns how long the server may take to stop after the lag.
func stopping(t *testing.T) (all time.Duration) {
	t.Helper()
	code := read(t, "../../internal/server/drain.go") + read(t, "../../internal/server/admin.go")
	for _, name := range []string{"drainTimeout", "flushTime", "adminDrain"} {
		found := regexp.MustCompile(name + `\s+= (\d+) \* time\.Second`).FindStringSubmatch(code)
		if found == nil {
			t.Fatalf("the code has no %s", name)
		}
		seconds, _ := strconv.Atoi(found[1])
		all += time.Duration(seconds) * time.Second
	}
	return all
}
