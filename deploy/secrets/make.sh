#!/bin/sh
# Makes the secrets of deploy/compose.yaml, once: what exists stays. Keep secret_key apart from backups.
set -eu
cd "$(dirname "$0")"
umask 077

random() { od -An -N 24 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -e "$1" ] || printf '%s' "$2" > "$1"; }

for name in postgres_password redis_password minio_password admin_password; do
    keep "$name" "$(random)"
done
keep secret_key "$(random)$(random)"
keep neo4j_auth "neo4j/$(random)"
keep database_url "postgresql://studio:$(cat postgres_password)@postgres:5432/studio"
keep redis_url "redis://:$(cat redis_password)@valkey:6379/0"
keep neo4j_url "bolt://neo4j:$(cut -d / -f 2 neo4j_auth)@neo4j:7687"
keep files_url "s3://studio:$(cat minio_password)@evidence?endpoint=http://minio:9000&region=us-east-1"
# NOTE: without swarm, Compose mounts secret files as they are, and the platform's account has to read its own.
chmod 0444 secret_key database_url redis_url neo4j_url files_url admin_password
chmod 0444 postgres_password redis_password minio_password neo4j_auth
chmod 0711 .
