-- What one role could take from all the others, where Postgres lets everybody: locks, disk, and settings that stay. Run by
-- the superuser in the database `triptych`, after roles.sql; can be run again. What cannot be closed, and why, stands in
-- docs/decisions/0009. CloudNativePG's manifest has the same text, which it runs once, before it gives the roles a login.
DO $$
DECLARE
    open regprocedure;
    role text;
    place text;
BEGIN
    -- An advisory lock can be the one that the bootstrap waits for, and ten thousand of them fill the table of all locks.
    -- Large objects, messages in the log and files of snapshots are written to disk by who may write nothing.
    FOR open IN
        SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND (
            proname ~ '^pg_(try_)?advisory_(xact_)?lock(_shared)?$'
            OR proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'pg_logical_emit_message', 'pg_export_snapshot')
        )
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', open);
    END LOOP;
    -- the bootstrap's lock, and what a dump by several processes shares
    GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint), pg_export_snapshot() TO triptych_owner;

    -- All that is closed here would be open next door.
    FOR place IN
        SELECT datname FROM pg_database
        WHERE datname IN ('postgres', 'template1') AND has_database_privilege('public', oid, 'CONNECT, TEMPORARY')
    LOOP
        EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', place);
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO pg_monitor', place);
    END LOOP;

    FOREACH role IN ARRAY ARRAY['admin_django', 'simple_flask', 'api_fastapi'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I', role);
        END IF;
        -- A role may give itself settings, for ever. They end here: what a role is to have is written in this file.
        FOR place IN
            SELECT datname FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
            WHERE setrole = role::regrole
        LOOP
            EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', role, place);
        END LOOP;
        EXECUTE format('ALTER ROLE %I RESET ALL', role);
        -- a session's temporary files: sorting a million generated items takes 190 MB. Only the superuser raises it.
        EXECUTE format('ALTER ROLE %I SET temp_file_limit = %L', role, '256MB');
        -- for accidents: a transaction that is left open holds up migrations and vacuum. An export takes ten minutes.
        EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', role, '10min');
        EXECUTE format('ALTER ROLE %I SET transaction_timeout = %L', role, '1h');
    END LOOP;
END
$$;
