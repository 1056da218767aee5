package state

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// MaxTeams is how many teams one account may own. MaxMembers is how many members a team may have besides its owner;
// this limit is ours.
const (
	MaxTeams   = 5
	MaxMembers = 100
)

// The roles in a team. Nobody can assign the owner's role.
const (
	RoleOwner   = "owner"
	RoleAdmin   = "admin"
	RoleDev     = "dev"
	RoleFinance = "finance"
)

// Errors of the team calls.
var (
	ErrTeamLimit        = errors.New("team limit reached")
	ErrMemberLimit      = errors.New("member limit reached")
	ErrMemberTaken      = errors.New("already a member")
	ErrTeamHasDatabases = errors.New("the team has databases")
	ErrTeamHasIndexes   = errors.New("the team has indexes")
	ErrNotAllowed       = errors.New("the role does not allow it")
)

// Team is a set of people who share databases.
type Team struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Owner     string    `json:"owner"`   // subject of the account
	CopyCC    bool      `json:"copy_cc"` // it pays with its owner's card
	CreatedAt time.Time `json:"created_at"`
	Members   []Member  `json:"members,omitempty"` // without the owner
}

// Member is someone in a team; an account with that e-mail need not exist.
type Member struct {
	Email string `json:"email"`
	Role  string `json:"role"`
}

// TeamOwner returns the Owner of a team's databases, which replaces the subject of an account.
func TeamOwner(teamID string) string { return "team:" + teamID }

// Role returns the account's role in the team, or "" if it has none.
func (t Team) Role(account Account) string {
	if t.Owner == account.Subject {
		return RoleOwner
	}

	for _, member := range t.Members {
		if member.Email == account.Email {
			return member.Role
		}
	}

	return ""
}

func (t Team) manages(account Account) bool {
	role := t.Role(account)
	return role == RoleOwner || role == RoleAdmin
}

// CreateTeam stores a new team, or returns ErrTeamLimit.
func (s *Store) CreateTeam(team Team) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		owned, err := teams(tx, func(other Team) bool { return other.Owner == team.Owner })
		if err != nil {
			return err
		}

		if len(owned) >= MaxTeams {
			return ErrTeamLimit
		}

		return put(tx, bucketTeams, team.ID, team)
	})
}

// Teams returns the account's teams, oldest first.
func (s *Store) Teams(account Account) ([]Team, error) {
	return view(s, func(tx *bolt.Tx) ([]Team, error) {
		return teams(tx, func(team Team) bool { return team.Role(account) != "" })
	})
}

// Team returns one of the account's teams, or ErrNotFound.
func (s *Store) Team(account Account, id string) (Team, error) {
	return view(s, func(tx *bolt.Tx) (Team, error) { return teamOf(tx, account, id) })
}

// DeleteTeam deletes a team without databases and indexes, and returns it. It returns ErrNotFound, ErrNotAllowed unless
// the account owns it, ErrTeamHasDatabases or ErrTeamHasIndexes. The team's keys then no longer work.
func (s *Store) DeleteTeam(account Account, id string) (Team, error) {
	return update(s, func(tx *bolt.Tx) (Team, error) {
		team, err := teamOf(tx, account, id)
		if err != nil {
			return Team{}, err
		}

		owned, err := databases(tx, TeamOwner(id))
		switch {
		case err != nil:
			return Team{}, err
		case team.Owner != account.Subject:
			return Team{}, ErrNotAllowed
		case len(owned) > 0:
			return Team{}, ErrTeamHasDatabases
		}

		held, err := indexes(tx, TeamOwner(id), "")
		switch {
		case err != nil:
			return Team{}, err
		case len(held) > 0:
			return Team{}, ErrTeamHasIndexes
		}

		if err := dropQStashes(tx, TeamOwner(id)); err != nil {
			return Team{}, err
		}

		return team, tx.Bucket([]byte(bucketTeams)).Delete([]byte(id))
	})
}

// AddMember adds someone to a team that the account owns or administers. It returns ErrNotFound, ErrNotAllowed,
// ErrEmailInvalid, ErrMemberTaken or ErrMemberLimit.
func (s *Store) AddMember(account Account, id string, member Member) (Team, error) {
	member.Email = NormalizeEmail(member.Email)
	if err := checkEmail(member.Email); err != nil {
		return Team{}, err
	}

	return s.changeMembers(account, id, func(tx *bolt.Tx, team *Team) error {
		owner, err := get[Account](tx, bucketAccounts, team.Owner)
		if err != nil {
			return err
		}

		known := func(other Member) bool { return other.Email == member.Email }
		switch {
		case owner.Email == member.Email, slices.ContainsFunc(team.Members, known):
			return ErrMemberTaken
		case len(team.Members) >= MaxMembers:
			return ErrMemberLimit
		}
		team.Members = append(team.Members, member)

		return nil
	})
}

// ErrNoMember is returned when the team has no member with that e-mail. Its owner is not a removable member.
var ErrNoMember = errors.New("no such member")

// RemoveMember removes someone from a team that the account owns or administers. It returns ErrNotFound,
// ErrNotAllowed or ErrNoMember.
func (s *Store) RemoveMember(account Account, id, email string) (Team, error) {
	email = NormalizeEmail(email)

	return s.changeMembers(account, id, func(_ *bolt.Tx, team *Team) error {
		before := len(team.Members)

		team.Members = slices.DeleteFunc(team.Members, func(member Member) bool { return member.Email == email })
		if len(team.Members) == before {
			return ErrNoMember
		}

		return nil
	})
}

func (s *Store) changeMembers(account Account, id string, change func(*bolt.Tx, *Team) error) (Team, error) {
	return update(s, func(tx *bolt.Tx) (Team, error) {
		team, err := teamOf(tx, account, id)
		if err != nil {
			return Team{}, err
		}

		if !team.manages(account) {
			return Team{}, ErrNotAllowed
		}

		if err := change(tx, &team); err != nil {
			return Team{}, err
		}

		return team, put(tx, bucketTeams, id, team)
	})
}

func teamOf(tx *bolt.Tx, account Account, id string) (Team, error) {
	team, err := get[Team](tx, bucketTeams, id)
	if err == nil && team.Role(account) == "" {
		return Team{}, ErrNotFound
	}

	return team, err
}

func teams(tx *bolt.Tx, wanted func(Team) bool) ([]Team, error) {
	found := []Team{}
	err := tx.Bucket([]byte(bucketTeams)).ForEach(func(_, raw []byte) error {
		var team Team
		if err := json.Unmarshal(raw, &team); err != nil {
			return fmt.Errorf("decode a team: %w", err)
		}

		if wanted(team) {
			found = append(found, team)
		}

		return nil
	})
	slices.SortFunc(found, func(a, b Team) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})

	return found, err
}

// renameMember updates an account's memberships to its new e-mail.
func renameMember(tx *bolt.Tx, from, to string) error {
	joined, err := teams(tx, func(team Team) bool {
		return slices.ContainsFunc(team.Members, func(member Member) bool { return member.Email == from })
	})
	if err != nil {
		return err
	}

	for _, team := range joined {
		for i := range team.Members {
			if team.Members[i].Email == from {
				team.Members[i].Email = to
			}
		}

		if err := put(tx, bucketTeams, team.ID, team); err != nil {
			return err
		}
	}

	return nil
}
