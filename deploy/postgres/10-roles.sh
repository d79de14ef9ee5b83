#!/bin/sh
# Runs once, when the database is made: docker-entrypoint-initdb.d.
set -eu
here="${HERE:-/docker-entrypoint-initdb.d}"
secrets="${SECRETS:-/run/secrets}"
psql --set=ON_ERROR_STOP=1 --no-psqlrc --quiet --username="${POSTGRES_USER:-postgres}" --dbname="$POSTGRES_DB" \
  --set=owner_password="$(cat "$secrets/postgres_owner_password")" \
  --set=service_password="$(cat "$secrets/postgres_service_password")" \
  --set=reader_password="$(cat "$secrets/postgres_reader_password")" \
  --file="$here/roles/roles.sql"
