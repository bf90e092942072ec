// Command agentdesk is the desk: one binary that serves it, shows a demo of it, and administers it from the terminal.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
	_ "time/tzdata" // people's time zones, also where the system has none
)

const usage = `agentdesk: a WhatsApp desk for a business that runs it itself

  agentdesk serve                run the desk (settings come from AGENTDESK_… variables; see the README)
  agentdesk demo                 run it with a simulated WhatsApp and an invented shop, on this machine only
  agentdesk simulator            run only the simulated WhatsApp
  agentdesk migrate              bring the database's schema up to date and stop
  agentdesk user add EMAIL --name NAME --role agent|supervisor|admin
                                 create a person; a password may come on standard input
  agentdesk user reset EMAIL     print a one-time link to set a new password
  agentdesk version
`

// Both are set at build time by the Makefile.
var (
	version = "dev"
	commit  = "unknown"
)

// program is everything a run needs of the outside, so that a test can start the very same thing that main does.
type program struct {
	args   []string
	env    map[string]string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	// ready is called once the desk can serve, with the addresses it got; nil = nobody asks.
	ready func(running)
	// now is business time; nil = the real one. Only tests move it here; the demo has a clock of its own.
	now func() time.Time
}

// running is what has started: where it listens (empty where it does not), and the desk itself.
type running struct {
	desk, ops, simulator string
	parts                *desk
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
	}()
	os.Exit(run(ctx, program{args: os.Args[1:], env: environment(os.Environ()), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
}

// run returns the exit code: 0 done, 1 failed, 2 called wrongly.
func run(ctx context.Context, p program) int {
	if len(p.args) == 0 {
		fmt.Fprint(p.stderr, usage)
		return 2
	}
	commands := map[string]func(context.Context, program) error{
		"serve": serve, "demo": demo, "simulator": simulate, "migrate": migrate, "user": user, "version": printVersion,
	}
	command, known := commands[p.args[0]]
	if !known {
		fmt.Fprintf(p.stderr, "agentdesk: unknown command %q\n\n%s", p.args[0], usage)
		return 2
	}
	p.args = p.args[1:]
	switch err := command(ctx, p); {
	case err == nil, errors.Is(err, context.Canceled):
		return 0
	case errors.Is(err, errUsage), errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(p.stderr, "agentdesk: %v\n", err)
		return 2
	default:
		fmt.Fprintf(p.stderr, "agentdesk: %v\n", err)
		return 1
	}
}

var errUsage = errors.New("called wrongly; see agentdesk without arguments")

func printVersion(_ context.Context, p program) error {
	_, err := fmt.Fprintf(p.stdout, "agentdesk %s, commit %s, %s\n", version, commit, runtime.Version())
	return err
}
