#!/bin/sh
# Prints the namespace and the Secrets of this overlay, with new passwords: `... | kubectl apply -f -`, once.
set -eu

password() {
  head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

owner="$(password)"
service="$(password)"
cat <<END
apiVersion: v1
kind: Namespace
metadata: { name: millrace }
---
apiVersion: v1
kind: Secret
metadata: { name: postgres-passwords, namespace: millrace }
stringData:
  postgres_password: "$(password)"
  postgres_owner_password: "$owner"
  postgres_service_password: "$service"
  postgres_reader_password: "$(password)"
---
apiVersion: v1
kind: Secret
metadata: { name: millrace-database-owner, namespace: millrace }
stringData:
  url: "postgres://millrace_owner:$owner@postgres:5432/millrace"
---
apiVersion: v1
kind: Secret
metadata: { name: millrace-database, namespace: millrace }
stringData:
  url: "postgres://millrace_service:$service@postgres:5432/millrace"
END
