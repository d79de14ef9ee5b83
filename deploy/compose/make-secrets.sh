#!/bin/sh
# Makes the passwords that docker-compose.yml takes from files, where they are missing. Only the directory is closed to other
# users: the containers' own users read the files.
set -eu
umask 022
directory="$(dirname "$0")/secrets"
mkdir -p "$directory"
chmod 700 "$directory"
for name in postgres_password postgres_owner_password postgres_service_password postgres_reader_password grafana_admin_password; do
  file="$directory/$name"
  [ -s "$file" ] && continue
  head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$file"
  echo "made $file"
done
