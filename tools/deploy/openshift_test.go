package deploy

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// built returns the manifest of a kind that kustomize builds from a directory.
func built[T any](t *testing.T, directory, kind string) T {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, resource := range made.Resources() {
		if resource.GetKind() != kind {
			continue
		}
		text, err := resource.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		var into T
		if err := yaml.UnmarshalStrict(text, &into); err != nil {
			t.Fatalf("%s of %s: %v", kind, directory, err)
		}
		return into
	}
	t.Fatalf("%s builds no %s", directory, kind)
	panic("unreachable")
}

// OpenShift assigns users and groups, so the manifests set none. The Pod is otherwise as restricted as on Kubernetes.
func TestOpenShiftAssignsTheUser(t *testing.T) {
	usual := built[appsv1.Deployment](t, "../../deploy/kubernetes", "Deployment")
	there := built[appsv1.Deployment](t, "../../deploy/openshift", "Deployment")

	security := there.Spec.Template.Spec.SecurityContext
	if security.RunAsUser != nil || security.RunAsGroup != nil || security.FSGroup != nil || !*security.RunAsNonRoot {
		t.Errorf("got %+v, want no user and no group, and never root", security)
	}
	security.RunAsUser = usual.Spec.Template.Spec.SecurityContext.RunAsUser
	security.RunAsGroup = usual.Spec.Template.Spec.SecurityContext.RunAsGroup
	security.FSGroup = usual.Spec.Template.Spec.SecurityContext.FSGroup
	one, err := yaml.Marshal(usual)
	if err != nil {
		t.Fatal(err)
	}
	other, err := yaml.Marshal(there)
	if err != nil || security.RunAsUser == nil || string(one) != string(other) {
		t.Errorf("%v: the Deployments differ in more than the user:\n%s\n%s", err, one, other)
	}

	before := built[networkingv1.NetworkPolicy](t, "../../deploy/kubernetes", "NetworkPolicy").Spec
	policy := built[networkingv1.NetworkPolicy](t, "../../deploy/openshift", "NetworkPolicy").Spec
	if len(policy.Egress) != len(before.Egress)+1 || len(policy.Ingress[0].From) != len(before.Ingress[0].From)+1 ||
		policy.Ingress[0].Ports[0].Port.StrVal != "http" {
		t.Errorf("got %+v, want OpenShift's names and router in addition", policy)
	}
}
