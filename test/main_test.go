package test

import (
	"os"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Suite{M: m}.Run()) }
