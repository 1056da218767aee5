package db

import (
	"context"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
)

// SealedSample returns up to most connections that hold a sealed key, to check at startup whether the keyset decrypts
// them.
func (d *DB) SealedSample(ctx context.Context, most int) ([]keys.Connection, error) {
	var rows []connectionRow

	err := d.runRead(ctx, func(read *gorm.DB) error {
		return read.Where("sealed_key IS NOT NULL").Order("connected_at DESC").Limit(most).Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}

	sample := make([]keys.Connection, 0, len(rows))
	for _, row := range rows {
		sample = append(sample, row.connection(nil, false))
	}

	return sample, nil
}
