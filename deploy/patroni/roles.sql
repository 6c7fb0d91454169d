-- Once, on the leader: psql -h /var/run/postgresql -U postgres -v owner_password=… -v service_password=… -f roles.sql
-- `ocop` owns the tables and migrates; the service works as `ocop_app`, which cannot rewrite the ledger (docs/adr/0013).
CREATE ROLE ocop LOGIN PASSWORD :'owner_password';
CREATE ROLE ocop_app LOGIN PASSWORD :'service_password';
CREATE DATABASE ocop OWNER ocop;
REVOKE ALL ON DATABASE ocop FROM PUBLIC;
GRANT CONNECT ON DATABASE ocop TO ocop_app;
