module github.com/upstash-connect/bff/tools/clients

go 1.26.8
