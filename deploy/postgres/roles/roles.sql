-- Three login users beside the superuser. In a directory of its own: 10-roles.sh runs it, with the passwords as psql variables.
-- millrace_owner: owns the database, runs `millrace migrate` and `millrace keys`.
create role millrace_owner login createrole password :'owner_password';
select format('alter database %I owner to millrace_owner', current_database()) \gexec

-- The two roles of docs/security.md, made by the owner so that `migrate` may give them their rights.
set role millrace_owner;
create role millrace_writer nologin;
create role millrace_reader nologin;
reset role;

-- The services.
create role millrace_service login password :'service_password' in role millrace_writer;
-- Analysts, and dashboards over the tables: they read, and no query of theirs runs for ever.
create role millrace_analyst login password :'reader_password' in role millrace_reader;
alter role millrace_analyst set default_transaction_read_only = on;
alter role millrace_analyst set statement_timeout = '30s';
