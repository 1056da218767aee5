package cloud

import (
	"net/http"
	"slices"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// teamView is a team as the API shows it.
type teamView struct {
	TeamID   string `json:"team_id"`
	TeamName string `json:"team_name"`
	CopyCC   bool   `json:"copy_cc"`
}

func viewTeam(team state.Team) teamView { return teamView{team.ID, team.Name, team.CopyCC} }

// memberView is a team member as the API shows them.
type memberView struct {
	TeamID      string `json:"team_id"`
	TeamName    string `json:"team_name"`
	MemberEmail string `json:"member_email"`
	MemberRole  string `json:"member_role"`
	CopyCC      bool   `json:"copy_cc"`
}

func viewMember(team state.Team, member state.Member) memberView {
	return memberView{team.ID, team.Name, member.Email, member.Role, team.CopyCC}
}

// listTeams is GET /v2/teams: the teams that the user owns or is a member of.
func (a *API) listTeams(w http.ResponseWriter, r *http.Request, who caller) {
	teams, err := a.store.Teams(who.account)
	if err != nil {
		a.fail(w, r, err)
		return
	}

	views := []teamView{}
	for _, team := range teams {
		views = append(views, viewTeam(team))
	}
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, views)
}

// createTeam is POST /v2/team.
func (a *API) createTeam(w http.ResponseWriter, r *http.Request, who caller) {
	var request struct {
		TeamName string `json:"team_name"`
		CopyCC   bool   `json:"copy_cc"`
	}
	if !decode(w, r, &request) {
		return
	}

	if request.TeamName == "" || len(request.TeamName) > maxNameLength {
		refuse(w, r, errTeamName)
		return
	}

	team := state.Team{
		ID:        state.NewUUID(),
		Name:      request.TeamName,
		Owner:     who.account.Subject,
		CopyCC:    request.CopyCC,
		CreatedAt: a.now(),
	}
	if err := a.store.CreateTeam(team); err != nil {
		a.refuseFor(w, r, err, errTeamNotFound)
		return
	}
	a.did(r, who, didCreateTeam, team.Name, "")
	writeJSON(w, http.StatusOK, viewTeam(team))
}

// deleteTeam is DELETE /v2/team/{id}.
func (a *API) deleteTeam(w http.ResponseWriter, r *http.Request, who caller) {
	team, err := a.store.DeleteTeam(who.account, r.PathValue("id"))
	if err != nil {
		a.refuseFor(w, r, err, errTeamNotFound)
		return
	}
	a.did(r, who, didDeleteTeam, team.Name, "")
	done(w)
}

// listMembers is GET /v2/teams/{id}: it lists the owner first.
func (a *API) listMembers(w http.ResponseWriter, r *http.Request, who caller) {
	team, err := a.store.Team(who.account, r.PathValue("id"))
	if err != nil {
		a.refuseFor(w, r, err, errTeamNotFound)
		return
	}

	owner, err := a.store.AccountBySubject(team.Owner)
	if err != nil {
		a.fail(w, r, err)
		return
	}

	views := []memberView{viewMember(team, state.Member{Email: owner.Email, Role: state.RoleOwner})}
	for _, member := range team.Members {
		views = append(views, viewMember(team, member))
	}
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, views)
}

type memberRequest struct {
	TeamID string `json:"team_id"`
	Email  string `json:"member_email"`
	Role   string `json:"member_role"`
}

// addMember is POST /v2/teams/member.
func (a *API) addMember(w http.ResponseWriter, r *http.Request, who caller) {
	var request memberRequest
	if !decode(w, r, &request) {
		return
	}

	if !slices.Contains([]string{state.RoleAdmin, state.RoleDev, state.RoleFinance}, request.Role) {
		refuse(w, r, errRole)
		return
	}
	member := state.Member{Email: state.NormalizeEmail(request.Email), Role: request.Role}

	team, err := a.store.AddMember(who.account, request.TeamID, member)
	if err != nil {
		a.refuseFor(w, r, err, errTeamNotFound)
		return
	}
	a.did(r, who, didAddMember, team.Name, member.Email)
	writeJSON(w, http.StatusOK, viewMember(team, member))
}

// removeMember is DELETE /v2/teams/member; the request has a body.
func (a *API) removeMember(w http.ResponseWriter, r *http.Request, who caller) {
	var request memberRequest
	if !decode(w, r, &request) {
		return
	}

	team, err := a.store.RemoveMember(who.account, request.TeamID, request.Email)
	if err != nil {
		a.refuseFor(w, r, err, errTeamNotFound)
		return
	}
	a.did(r, who, didRemoveMember, team.Name, state.NormalizeEmail(request.Email))
	done(w)
}

// moveToTeam is POST /v2/redis/move-to-team. Afterwards a key of the team sees the database, and a key of the account
// no longer does.
func (a *API) moveToTeam(w http.ResponseWriter, r *http.Request, who caller) {
	var request struct {
		TeamID     string `json:"team_id"`
		DatabaseID string `json:"database_id"`
	}
	if !decode(w, r, &request) {
		return
	}

	team, err := a.store.Team(who.account, request.TeamID)
	if err != nil {
		a.refuseFor(w, r, err, errTeamNotFound)
		return
	}

	database, err := a.store.MoveDatabase(who.owner, request.DatabaseID, state.TeamOwner(team.ID))
	if err != nil {
		a.refuseFor(w, r, err, errDatabaseNotFound)
		return
	}
	a.did(r, who, didMoveDatabase, database.Name, team.Name)
	done(w)
}
