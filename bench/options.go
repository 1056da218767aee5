package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/upstash-connect/bff/bench/peer"
)

// options are the parsed command line.
type options struct {
	full    bool
	rounds  int
	seconds float64
	only    []string
	builds  []peer.Build // the last is compared with the goals
	root    string
	out     string // empty: the report goes to the terminal alone
	reasons string
	work    string
	install bool
}

func scenarios() []string {
	return []string{scenarioList, scenarioLength, scenarioCold, scenarioCreate, scenarioStart, scenarioStored, scenarioProfile}
}

const usage = `bench measures the product beside what a partner would run instead of it.

It fills databases, starts stand-ins for the issuer and the Developer API, the product, and the peers
that it finds (nginx, HAProxy, Express), shows what each does, and measures them in turn. Everything
runs on loopback, and ends with it. Run it from the repository's root, on a quiet machine.

Examples:
  bin/bench                                  the quick form, as make bench
  bin/bench -full                            everything, as make bench-full
  bin/bench -only list,create -rounds 6      two scenarios, to the terminal
  bin/bench -product before=/tmp/bff-before -product after=bin/bff
                                             two builds in the same rounds; the last one is judged

Scenarios: %s

Flags:
`

func parseOptions(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = fmt.Fprintf(stderr, usage, strings.Join(scenarios(), ", "))
		flags.PrintDefaults()
	}
	flags.BoolVar(&o.full, "full", false, "measure longer, and with a million stored accounts")
	flags.IntVar(&o.rounds, "rounds", 0, "rounds of each measurement (default 2; with -full 4)")
	flags.Float64Var(&o.seconds, "seconds", 0, "seconds of each measurement in each round (default 0.8; with -full 2)")
	only := flags.String("only", "", "scenarios to run, comma separated (default: all); without -out, no report is written")
	flags.Func("product", "`LABEL=PATH` of a build of the product; repeatable (default: bin/bff)", func(text string) error {
		build, err := peer.ParseBuild(text)
		o.builds = append(o.builds, build)

		return err
	})
	flags.StringVar(&o.root, "root", ".", "the repository's root")
	flags.StringVar(&o.out, "out", "", "`FILE` of the report; plots go into plots/ next to it (default bench/RESULTS.md)")
	flags.StringVar(&o.reasons, "reasons", "", "`FILE` with reasons for unmet goals (default bench/reasons.md)")
	flags.StringVar(&o.work, "work", "", "`DIRECTORY` for databases and logs; removed at the end (default: a temporary one)")
	flags.BoolVar(&o.install, "install", true, "install missing peers from the distribution's packages and npm, if permitted")

	if err := flags.Parse(args); err != nil {
		return nil, err
	}

	if flags.NArg() > 0 {
		return nil, fmt.Errorf("%q is not a flag; bench -help lists them", flags.Arg(0))
	}

	return o, o.complete(*only)
}

func (o *options) complete(only string) error {
	if only != "" {
		o.only = strings.Split(only, ",")
	}

	for _, name := range o.only {
		if !slices.Contains(scenarios(), name) {
			return fmt.Errorf("%q is not a scenario; they are %s", name, strings.Join(scenarios(), ", "))
		}
	}

	if o.out == "" && len(o.only) == 0 {
		o.out = o.root + "/bench/RESULTS.md"
	}

	if o.reasons == "" {
		o.reasons = o.root + "/bench/reasons.md"
	}

	if o.rounds == 0 {
		o.rounds = 2
		if o.full {
			o.rounds = 4
		}
	}

	if o.seconds == 0 {
		o.seconds = 0.8
		if o.full {
			o.seconds = 2
		}
	}

	if o.rounds < 1 || o.seconds < 0.1 || o.seconds > 600 {
		return errors.New("at least one round, of 0.1 to 600 seconds")
	}

	if len(o.builds) == 0 {
		build, err := peer.ParseBuild("Upstash Connect=" + o.root + "/bin/bff")
		if err != nil {
			return errors.New("bin/bff is missing: run make build")
		}
		o.builds = []peer.Build{build}
	}

	return nil
}

// wants reports whether a scenario must run.
func (o *options) wants(scenario string) bool {
	return len(o.only) == 0 || slices.Contains(o.only, scenario)
}

func (o *options) duration() time.Duration { return time.Duration(o.seconds * float64(time.Second)) }

// judged is the build whose figures are compared with the goals.
func (o *options) judged() string { return o.builds[len(o.builds)-1].Label }
