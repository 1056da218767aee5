package main

import (
	"image"
	"image/png"
	"os"
)

func write(path string, picture image.Image) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}

	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(file, picture); err != nil {
		_ = file.Close()
		return err
	}

	return file.Close()
}
