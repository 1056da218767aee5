package cloud

import (
	"net"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// action is a change as the audit log and the journal name it.
type action struct {
	number  int
	words   string
	outcome string
}

// The number and the words of "Delete Team" come from the OpenAPI document; all others are ours.
var (
	didCreateKey          = action{1, "Create API Key", "key_created"}
	didCreateDatabase     = action{2, "Create Database", "database_created"}
	didDeleteDatabase     = action{3, "Delete Database", "database_deleted"}
	didRenameDatabase     = action{4, "Rename Database", "database_renamed"}
	didResetPassword      = action{5, "Reset Password", "password_reset"}
	didEnableTLS          = action{6, "Enable TLS", "tls_enabled"}
	didEnableEviction     = action{7, "Enable Eviction", "eviction_enabled"}
	didDisableEviction    = action{8, "Disable Eviction", "eviction_disabled"}
	didEnableAutoUpgrade  = action{9, "Enable Auto Upgrade", "auto_upgrade_enabled"}
	didDisableAutoUpgrade = action{10, "Disable Auto Upgrade", "auto_upgrade_disabled"}
	didChangePlan         = action{11, "Change Plan", "plan_changed"}
	didCreateTeam         = action{12, "Create Team", "team_created"}
	didDeleteTeam         = action{13, "Delete Team", "team_deleted"}
	didAddMember          = action{14, "Add Team Member", "member_added"}
	didRemoveMember       = action{15, "Delete Team Member", "member_removed"}
	didMoveDatabase       = action{16, "Move Database", "database_moved"}
	didUpdateBudget       = action{17, "Update Budget", "budget_updated"}
	didUpdateRegions      = action{18, "Update Regions", "regions_updated"}
	didCreateBackup       = action{19, "Create Backup", "backup_created"}
	didDeleteBackup       = action{20, "Delete Backup", "backup_deleted"}
	didRestoreBackup      = action{21, "Restore Backup", "backup_restored"}
	didEnableDailyBackup  = action{22, "Enable Daily Backup", "daily_backup_enabled"}
	didDisableDailyBackup = action{23, "Disable Daily Backup", "daily_backup_disabled"}
	didCreateVector       = action{24, "Create Vector Index", "vector_index_created"}
	didDeleteVector       = action{25, "Delete Vector Index", "vector_index_deleted"}
	didRenameVector       = action{26, "Rename Vector Index", "vector_index_renamed"}
	didResetVector        = action{27, "Reset Vector Index Password", "vector_password_reset"}
	didChangeVectorPlan   = action{28, "Change Vector Index Plan", "vector_plan_changed"}
	didTransferVector     = action{29, "Transfer Vector Index", "vector_index_transferred"}
	didCreateSearch       = action{30, "Create Search Index", "search_index_created"}
	didDeleteSearch       = action{31, "Delete Search Index", "search_index_deleted"}
	didRenameSearch       = action{32, "Rename Search Index", "search_index_renamed"}
	didResetSearch        = action{33, "Reset Search Index Password", "search_password_reset"}
	didTransferSearch     = action{34, "Transfer Search Index", "search_index_transferred"}
	didRotateQStash       = action{35, "Reset QStash Token", "qstash_token_rotated"}
	didChangeQStashPlan   = action{36, "Change QStash Plan", "qstash_plan_changed"}
	didUpdateQStashBudget = action{37, "Update QStash Budget", "qstash_budget_updated"}
	didEnableProdPack     = action{38, "Enable QStash Production Pack", "prod_pack_enabled"}
	didDisableProdPack    = action{39, "Disable QStash Production Pack", "prod_pack_disabled"}
	didMoveQStash         = action{40, "Move QStash", "qstash_moved"}
)

// did records a change in the journal and in the owner's audit log. The change has already happened, so an error here
// is only logged.
func (a *API) did(r *http.Request, who caller, did action, entity, secondary string) {
	source := "API_KEY - " + who.key.Name
	if who.key.Secret == "" {
		source = "OAUTH" // our guess: a key made with an access token
	}
	journal.From(r.Context()).Outcome(did.outcome)

	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err == nil {
		err = a.store.AddAudit(who.owner, state.Audit{
			ID: state.NewUUID(), At: a.now(), Actor: who.account.Email, Action: did.number, Words: did.words,
			Source: source, Entity: entity, Secondary: secondary, IP: host,
		})
	}

	if err != nil {
		a.log.Error("audit log not written", "action", did.words, "error", err)
	}
}

// auditTTL is how long an entry is retained according to its ttl: the difference between the two times in the OpenAPI
// document's example.
const auditTTL = 182 * 24 * time.Hour

// auditLog is an entry as the API shows it.
type auditLog struct {
	LogID           string `json:"log_id"`
	CustomerID      string `json:"customer_id"`
	Actor           string `json:"actor"`
	Timestamp       int64  `json:"timestamp"` // seconds, as is ttl
	Action          int    `json:"action"`
	ActionString    string `json:"action_string"`
	Source          string `json:"source"`
	Entity          string `json:"entity"`
	SecondaryEntity string `json:"secondary_entity"`
	ThirdEntity     string `json:"third_entity"`
	ReadableFormat  string `json:"readable_format"`
	IP              string `json:"ip"`
	TTL             int64  `json:"ttl"`
	Reason          string `json:"reason"`
	Notes           string `json:"notes"`
}

// listAuditLogs is GET /auditlogs, which is at the root, as /apikey is.
func (a *API) listAuditLogs(w http.ResponseWriter, r *http.Request, who caller) {
	entries, err := a.store.Audits(who.owner)
	if err != nil {
		a.fail(w, r, err)
		return
	}

	logs := []auditLog{}
	for _, entry := range entries {
		if entry.At.Add(auditTTL).Before(a.now()) {
			continue
		}

		secondary := entry.Secondary
		if secondary == "" {
			secondary = "NA"
		}
		logs = append(logs, auditLog{
			LogID:           entry.ID,
			CustomerID:      customer(who.account, who.owner),
			Actor:           entry.Actor,
			Timestamp:       entry.At.Unix(),
			Action:          entry.Action,
			ActionString:    entry.Words,
			Source:          entry.Source,
			Entity:          entry.Entity,
			SecondaryEntity: secondary,
			IP:              entry.IP,
			TTL:             entry.At.Add(auditTTL).Unix(),
		})
	}
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, logs)
}
