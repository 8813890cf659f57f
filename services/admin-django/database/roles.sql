-- The four roles, and who owns the database. Run by the superuser in the database `triptych`; can be run again.
-- Passwords come from the settings triptych.<role>_password of the session; a role whose setting is missing keeps its own.
--
-- Where an operator keeps the roles, this is not run: it gives four roles that may log in and nothing else, and a database
-- that triptych_owner owns. What they may do in there is in grants.sql, which the owner runs.

DO $$
DECLARE
    role text;
    password text;
BEGIN
    FOREACH role IN ARRAY ARRAY['triptych_owner', 'admin_django', 'simple_flask', 'api_fastapi'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I', role);
        END IF;
        EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', role);
        password := current_setting('triptych.' || role || '_password', true);
        IF password <> '' THEN
            EXECUTE format('ALTER ROLE %I PASSWORD %L', role, password);
        END IF;
    END LOOP;

    -- Only where standbys are wanted: it may copy the whole cluster, and do nothing in it, not even connect to a database.
    password := current_setting('triptych.replicator_password', true);
    IF password <> '' THEN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'replicator') THEN
            CREATE ROLE replicator;
        END IF;
        ALTER ROLE replicator LOGIN REPLICATION NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
        EXECUTE format('ALTER ROLE replicator PASSWORD %L', password);
    END IF;

    EXECUTE format('ALTER DATABASE %I OWNER TO triptych_owner', current_database());
END
$$;

-- Large objects are the one thing that Postgres lets everybody make who may connect: a reader could fill the disk.
REVOKE EXECUTE ON FUNCTION
    pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea)
FROM PUBLIC;
