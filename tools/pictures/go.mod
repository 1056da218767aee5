module github.com/upstash-connect/bff/tools/pictures

go 1.26.8
