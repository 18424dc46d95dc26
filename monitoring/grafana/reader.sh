#!/bin/sh
# Makes the role by which Grafana reads the database, with the password of its owner. PostgreSQL's image runs it when it
# makes a database; in any other one: monitoring/grafana/reader.sh as somebody who may make roles.
set -eu
psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:?}" -d "${POSTGRES_DB:?}" -v "password=${POSTGRES_PASSWORD:?}" <<'SQL'
CREATE ROLE sluice_reader LOGIN PASSWORD :'password';
ALTER ROLE sluice_reader SET default_transaction_read_only = on;
ALTER ROLE sluice_reader SET statement_timeout = '30s';
GRANT pg_read_all_data TO sluice_reader;
SQL
