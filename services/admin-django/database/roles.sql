-- The four roles, and who owns the database. Run by the superuser in the database `triptych`; can be run again.
-- Passwords come from the settings triptych.<role>_password of the session; a role whose setting is missing keeps its own.
--
-- Where an operator keeps the roles, this is not run: it gives four roles that may log in and nothing else, and a database
-- that triptych_owner owns. What they may do in there is in grants.sql, which the owner runs; what they may not take from
-- each other, in limits.sql.

DO $$
DECLARE
    role text;
    password text;
    -- each service at most a third of all connections, so that none can take the others', the owner's or the superuser's
    third CONSTANT int := (current_setting('max_connections')::int - 10) / 3;
BEGIN
    FOREACH role IN ARRAY ARRAY['triptych_owner', 'admin_django', 'simple_flask', 'api_fastapi'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I', role);
        END IF;
        EXECUTE format(
            'ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT %s',
            role, CASE role WHEN 'triptych_owner' THEN -1 ELSE third END
        );
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
