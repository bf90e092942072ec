package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"agentdesk/store"
	"agentdesk/web"
)

// user is `agentdesk user add` and `agentdesk user reset`.
func user(ctx context.Context, p program) error {
	if len(p.args) < 2 {
		return fmt.Errorf("%w: user add EMAIL … or user reset EMAIL", errUsage)
	}
	verb, email, rest := p.args[0], p.args[1], p.args[2:]
	cfg, err := readConfig(p.env)
	if err != nil {
		return err
	}
	base, err := cfg.baseURL(cfg.Addr)
	if err != nil {
		return err
	}
	st, err := openStore(ctx, cfg, cfg.logger(p.stderr), nil)
	if err != nil {
		return err
	}
	defer st.Close()
	switch verb {
	case "add":
		return addUser(ctx, p, st, base.String(), email, rest)
	case "reset":
		return resetUser(ctx, p, st, base.String(), email)
	}
	return fmt.Errorf("%w: user %s", errUsage, verb)
}

func addUser(ctx context.Context, p program, st *store.Store, base, email string, args []string) error {
	flags := flag.NewFlagSet("user add", flag.ContinueOnError)
	flags.SetOutput(p.stderr)
	name := flags.String("name", "", "the person's name")
	role := flags.String("role", string(store.RoleAgent), "agent, supervisor or admin")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	password, err := givenPassword(p.stdin)
	if err != nil {
		return err
	}
	person := store.NewAgent{Email: email, Name: *name, Role: store.Role(*role)}
	if password != "" {
		if err := web.CheckPassword(password, *name, email); err != nil {
			return words(err)
		}
		if person.PasswordHash, err = web.HashPassword(ctx, password); err != nil {
			return err
		}
	}
	agent, err := st.CreateAgent(ctx, nil, person)
	if err != nil {
		return words(err)
	}
	fmt.Fprintf(p.stdout, "%s <%s> is here as %s.\n", agent.Name, agent.Email, agent.Role)
	if password != "" {
		return nil
	}
	return printLink(ctx, p, st, base, store.LinkInvitation, agent.ID, "Invitation, good once within 24 hours")
}

func resetUser(ctx context.Context, p program, st *store.Store, base, email string) error {
	agent, err := st.AgentByEmail(ctx, email)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("nobody here has the e-mail %s", email)
	}
	if err != nil {
		return err
	}
	return printLink(ctx, p, st, base, store.LinkReset, agent.ID, "New password, good once within the hour")
}

func printLink(ctx context.Context, p program, st *store.Store, base string, kind store.LinkKind, agentID int64, words string) error {
	token, err := st.CreateLink(ctx, nil, kind, agentID)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s:\n  %s\n", words, linkURL(base, token))
	return err
}

// givenPassword reads standard input unless a person sits at it.
func givenPassword(in io.Reader) (string, error) {
	if file, ok := in.(*os.File); ok {
		if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice != 0 {
			return "", nil
		}
	}
	if in == nil {
		return "", nil
	}
	text, err := io.ReadAll(io.LimitReader(in, 4096))
	return strings.TrimRight(string(text), "\r\n"), err
}

// words leaves the field's name out of what a person reads in the terminal.
func words(err error) error {
	var invalid store.Invalid
	if errors.As(err, &invalid) {
		return errors.New(invalid.Message)
	}
	return err
}
