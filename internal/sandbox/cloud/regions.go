package cloud

import "slices"

const (
	platformAWS = "aws"
	platformGCP = "gcp"
)

// platformOf returns the platform of a region, or "" for an unknown one.
func platformOf(region string) string {
	switch region {
	case "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1",
		"eu-central-1", "eu-west-1", "eu-west-2", "sa-east-1", "ap-south-1",
		"ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "af-south-1":
		return platformAWS
	case "us-central1", "us-east4", "europe-west1", "asia-northeast1":
		return platformGCP
	default:
		return ""
	}
}

// canReplicate reports whether a region may be a read region: every AWS region except af-south-1, and no GCP region.
func canReplicate(region string) bool {
	return platformOf(region) == platformAWS && region != "af-south-1"
}

func knownPlan(plan string) bool {
	return slices.Contains([]string{
		"free", "payg", "fixed_250mb", "fixed_1gb", "fixed_5gb",
		"fixed_10gb", "fixed_50gb", "fixed_100gb", "fixed_500gb",
	}, plan)
}

func checkReadRegions(platform, primary string, regions []string) (failure, bool) {
	if slices.Contains(regions, primary) {
		return errPrimaryAsRead, false
	}

	for i, region := range regions {
		if !canReplicate(region) || platform != platformAWS || slices.Contains(regions[:i], region) {
			return errReadRegion, false
		}
	}

	return failure{}, true
}
