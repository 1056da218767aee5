# syntax=docker/dockerfile:1

FROM node:20-bookworm-slim AS page
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM golang:1.26-bookworm AS server
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=page /src/web/dist web/dist
# SQLite is C, linked statically so that the last stage needs no libc. The tags remove code that needs libc at run time.
RUN CGO_ENABLED=1 go build -trimpath -tags "netgo osusergo sqlite_omit_load_extension" \
      -ldflags "-s -w -linkmode external -extldflags -static" -o /out/bff ./cmd/bff \
 && mkdir -m 0770 /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=server /out/bff /usr/local/bin/bff
# Group 0 owns the directory and may write to it: platforms such as OpenShift start a container as any user of that group.
# Files are shared with no other group. The numeric user lets Kubernetes verify that it is not root.
COPY --from=server --chown=65532:0 --chmod=0770 /out/data /data
USER 65532:65532
WORKDIR /data
EXPOSE 8080
VOLUME /data
HEALTHCHECK --interval=10s --timeout=4s --start-period=5s CMD ["/usr/local/bin/bff", "health"]
ENTRYPOINT ["/usr/local/bin/bff"]
CMD ["serve"]
