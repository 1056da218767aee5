//go:build unix

package seal

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/upstash-connect/bff/internal/sharing"
)

// keepOwner gives the new file to the owner of the previous one: a rotation run as root must not lock the server out.
func keepOwner(file *os.File, before os.FileInfo) error {
	owner, ok := before.Sys().(*syscall.Stat_t)
	if !ok || (int(owner.Uid) == os.Geteuid() && int(owner.Gid) == os.Getegid()) {
		return nil
	}

	err := file.Chown(int(owner.Uid), int(owner.Gid))
	if err == nil {
		return nil
	}

	if ours, statErr := file.Stat(); statErr == nil && sharing.MayReplace(ours, before, filepath.Dir(file.Name())) {
		return nil
	}

	return fmt.Errorf("keep the keyset's owner: %w; run this as the user that the server runs as", err)
}
