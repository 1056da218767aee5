package db

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

type serviceRow struct {
	ID         string `gorm:"primaryKey"`
	Name       string
	Policy     string
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
	DisabledAt *int64
}

func (serviceRow) TableName() string { return "services" }

type serviceURLRow struct {
	ServiceID string `gorm:"primaryKey"`
	URL       string `gorm:"primaryKey;column:url"`
}

func (serviceURLRow) TableName() string { return "service_urls" }

// foundService is a service as a query returns it, alone or joined.
type foundService struct {
	ID         string
	Name       string
	Policy     string
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
	DisabledAt *int64
	URLs       string `gorm:"column:urls"` // JSON
}

// serviceColumns names the columns of a joined service. It includes the return URLs, so that one statement reads
// everything.
func serviceColumns(tx *gorm.DB) string {
	return "services.id AS partner_id, services.name AS partner_name, services.policy AS partner_policy, " +
		"services.created_at AS partner_created_at, services.disabled_at AS partner_disabled_at, " +
		jsonListSubquery(tx, "url", "url", "service_urls", "service_urls.service_id = services.id") + " AS partner_urls"
}

// serviceColumnList is serviceColumns for a statement. scanTargets returns the destinations of its columns.
const serviceColumnList = "services.id, services.name, services.policy, services.created_at, services.disabled_at, " +
	"(SELECT LIST(url) FROM service_urls WHERE service_urls.service_id = services.id)"

func (f *foundService) scanTargets() []any {
	return []any{&f.ID, &f.Name, &f.Policy, &f.CreatedAt, &f.DisabledAt, &f.URLs}
}

// jsonListSubquery returns SQL for a column of the matching rows, as an ordered JSON list.
func jsonListSubquery(tx *gorm.DB, column, order, table, where string) string {
	return "(SELECT " + jsonAggregate(column, order, tx.Name() == "postgres") + " FROM " + table + " WHERE " + where + ")"
}

func jsonAggregate(column, order string, postgres bool) string {
	if postgres {
		return "CAST(coalesce(json_agg(" + column + " ORDER BY " + order + "), '[]') AS TEXT)"
	}

	return "json_group_array(" + column + " ORDER BY " + order + ")"
}

func (f foundService) service() (partner.Service, error) {
	service := partner.Service{
		ID: f.ID, Name: f.Name, CreatedAt: fromMillis(&f.CreatedAt), DisabledAt: fromMillis(f.DisabledAt),
	}

	return service, errors.Join(fromJSON(f.Policy, &service.Policy), fromJSON(f.URLs, &service.ReturnURLs))
}

// toJSON encodes values that always can be: policies and lists of strings.
func toJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic("db: cannot encode a value as JSON: " + err.Error())
	}

	return string(text)
}

func fromJSON(text string, into any) error { return json.Unmarshal([]byte(text), into) }

// PutService implements partner.Store. The lock on the service's row serializes concurrent servers.
func (d *DB) PutService(ctx context.Context, service partner.Service) error {
	err := d.inTransaction(ctx, func(tx *gorm.DB) error {
		row := rowOf(service)

		err := tx.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"name", "policy"}),
		}).Create(&row).Error
		if err != nil {
			return err
		}

		if err := tx.Where("service_id = ?", service.ID).Delete(&serviceURLRow{}).Error; err != nil {
			return err
		}

		return insertURLs(tx, service)
	})

	return asServiceExists(err)
}

// InsertService implements partner.Store.
func (d *DB) InsertService(ctx context.Context, service partner.Service, event keys.Event) error {
	err := d.inTransaction(ctx, func(tx *gorm.DB) error {
		row := rowOf(service)
		if err := tx.Create(&row).Error; err != nil {
			return err
		}

		if err := insertURLs(tx, service); err != nil {
			return err
		}

		return d.appendEvents(tx, []keys.Event{event})
	})

	return asServiceExists(err)
}

func asServiceExists(err error) error {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return partner.ErrServiceExists
	}

	return err
}

func rowOf(service partner.Service) serviceRow {
	return serviceRow{
		ID: service.ID, Name: service.Name, Policy: toJSON(service.Policy),
		CreatedAt: millis(service.CreatedAt), DisabledAt: optionalMillis(service.DisabledAt),
	}
}

func insertURLs(tx *gorm.DB, service partner.Service) error {
	urls := slices.Compact(slices.Sorted(slices.Values(service.ReturnURLs)))
	if len(urls) == 0 {
		return nil
	}

	rows := make([]serviceURLRow, 0, len(urls))
	for _, url := range urls {
		rows = append(rows, serviceURLRow{ServiceID: service.ID, URL: url})
	}

	return tx.Create(&rows).Error
}

// Services implements partner.Store.
func (d *DB) Services(ctx context.Context) ([]partner.Service, error) { return d.services(ctx, "true") }

// FindService implements partner.Store.
func (d *DB) FindService(ctx context.Context, id string) (partner.Service, error) {
	found, err := d.services(ctx, "services.id = ?", id)
	if err == nil && len(found) == 0 {
		err = partner.ErrServiceNotFound
	}

	if err != nil {
		return partner.Service{}, err
	}

	return found[0], nil
}

func (d *DB) services(ctx context.Context, where string, values ...any) ([]partner.Service, error) {
	var found []struct {
		Service foundService `gorm:"embedded;embeddedPrefix:partner_"`
	}

	err := d.runRead(ctx, func(read *gorm.DB) error {
		return read.Model(&serviceRow{}).Select(serviceColumns(read)).Where(where, values...).
			Order("services.id").Find(&found).Error
	})
	if err != nil {
		return nil, err
	}

	services := make([]partner.Service, 0, len(found))
	for _, row := range found {
		service, err := row.Service.service()
		if err != nil {
			return nil, err
		}
		services = append(services, service)
	}

	return services, nil
}

// DisableService implements partner.Store. It records only the first call.
func (d *DB) DisableService(ctx context.Context, id string, at time.Time, event keys.Event) error {
	return d.inTransaction(ctx, func(tx *gorm.DB) error {
		result := tx.Model(&serviceRow{}).Where("id = ? AND disabled_at IS NULL", id).
			Updates(map[string]any{"disabled_at": millis(at)})
		if result.Error != nil {
			return result.Error
		}

		if result.RowsAffected == 1 {
			return d.appendEvents(tx, []keys.Event{event})
		}

		err := tx.Select("id").Where("id = ?", id).Take(&serviceRow{}).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return partner.ErrServiceNotFound
		}

		return err
	})
}
