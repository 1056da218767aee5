package cloud

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
)

// newEndpoint draws the name of an index's host, in the form of the real ones: two words, a number, the region's code
// and the product.
func newEndpoint(region, product string) string {
	adjectives := []string{"amused", "brave", "calm", "eager", "gentle", "keen", "lucky", "proud", "quiet", "swift"}
	animals := []string{"badger", "crane", "falcon", "gecko", "heron", "lemur", "otter", "puffin", "raven", "walrus"}

	return fmt.Sprintf(
		"%s-%s-%d-%s-%s",
		adjectives[draw(len(adjectives))],
		animals[draw(len(animals))],
		10_000+draw(90_000),
		regionCode(region),
		product,
	)
}

func draw(below int) int {
	number, err := rand.Int(rand.Reader, big.NewInt(int64(below)))
	if err != nil {
		panic(err) // crypto/rand aborts the program instead
	}

	return int(number.Int64())
}

// regionCode returns the short form of a region in the name of a host. The one of us-east-1 is documented; the others
// are guesses.
func regionCode(region string) string {
	switch region {
	case "us-east-1":
		return "us1"
	case "eu-west-1":
		return "eu1"
	default:
		return "gcp-usc1"
	}
}

// indexTokens draws the two tokens of an index. They have a realistic form and length; no client should parse one.
func indexTokens(endpoint string) (token, readOnly string) {
	return indexToken(endpoint, "admin"), indexToken(endpoint, "readonly")
}

func indexToken(endpoint, role string) string {
	var secret [24]byte
	rand.Read(secret[:])

	return base64.StdEncoding.EncodeToString([]byte(endpoint + role + hex.EncodeToString(secret[:])))
}
