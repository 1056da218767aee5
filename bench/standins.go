package main

import (
	"context"
	"flag"
	"net"
	"os"

	"github.com/upstash-connect/bff/bench/standin"
)

// standInsCommand runs the stand-ins in their own process, so that their CPU is not counted.
const standInsCommand = "stand-ins"

func runStandIns(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet(standInsCommand, flag.ContinueOnError)
	api := flags.String("api", "", "HOST:PORT of the Developer API")
	issuer := flags.String("issuer", "", "HOST:PORT of the issuer")
	keys := flags.String("keys", "", "FILE with the issuer's key set")

	if err := flags.Parse(args); err != nil {
		return err
	}

	keySet, err := os.ReadFile(*keys)
	if err != nil {
		return err
	}

	apiListener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *api)
	if err != nil {
		return err
	}

	issuerListener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *issuer)
	if err != nil {
		return err
	}

	return standin.Serve(ctx, apiListener, issuerListener, "http://"+*issuer+"/", keySet)
}
