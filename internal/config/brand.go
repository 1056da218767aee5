package config

import (
	"errors"
	"io"
	"os"

	"github.com/upstash-connect/bff/internal/brand"
)

// picture reads a picture's file at the start. A server never reads it again: a later change would be unchecked.
func picture(field func(*Config) **brand.Picture) func(*Config, string) error {
	return func(c *Config, value string) error {
		var named string
		if err := path(func(*Config) *string { return &named })(c, value); err != nil {
			return err
		}

		content, err := readPicture(named)
		if err != nil {
			return err
		}

		parsed, err := brand.ParsePicture(content)
		if err != nil {
			return brandError(err)
		}
		*field(c) = parsed

		return nil
	}
}

// readPicture reads no more than a picture may have, and one byte with which the parser rejects a larger file.
func readPicture(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, foundIn("cannot be read: "+reasonOf(err), path)
	}

	if !info.Mode().IsRegular() {
		return nil, foundIn("must be the path of a file", path)
	}

	file, err := os.Open(path)
	if err != nil {
		return nil, foundIn("cannot be read: "+reasonOf(err), path)
	}
	defer file.Close()

	content, err := io.ReadAll(io.LimitReader(file, brand.MaxBytes+1))
	if err != nil {
		return nil, foundIn("cannot be read: "+reasonOf(err), path)
	}

	return content, nil
}

// reasonOf returns an error of the file system without the path, which the setting's error quotes.
func reasonOf(err error) string {
	var of *os.PathError
	if errors.As(err, &of) {
		return of.Err.Error()
	}

	return err.Error()
}

func favicon(c *Config, value string) error {
	if err := picture(func(c *Config) **brand.Picture { return &c.Brand.Favicon })(c, value); err != nil {
		return err
	}

	if !c.Brand.Favicon.Square() {
		c.Brand.Favicon = nil
		return errors.New("names a picture that is not square; browser tabs show it in a square")
	}

	return nil
}

func brandColor(c *Config, value string) (err error) {
	c.Brand.Colour, err = brand.ParseColour(value)
	return brandError(err)
}

func brandLinks(c *Config, value string) (err error) {
	if _, err := entries(value, ofURLs); err != nil {
		return err
	}
	c.Brand.Links, err = brand.ParseLinks(value)

	return brandError(err)
}

// hideLinks hides the links completely if one of them may contain a password.
func hideLinks(value string) string {
	if _, err := brand.ParseLinks(value); err != nil {
		return "(invalid)"
	}

	return value
}

// brandError quotes the part of a value that an error of the brand names.
func brandError(err error) error {
	var fault *brand.Error
	if errors.As(err, &fault) && fault.Found != "" {
		return foundIn(fault.What, fault.Found)
	}

	return err
}
