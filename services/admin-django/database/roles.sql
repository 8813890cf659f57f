-- The four roles, and the database they share. Run by the superuser in the database `triptych`; can be run again.
-- Passwords come from the settings triptych.<role>_password of the session; a role whose setting is missing keeps its own.

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

    -- The owner may define; whoever else comes along may not even connect.
    EXECUTE format('ALTER DATABASE %I OWNER TO triptych_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO admin_django, simple_flask, api_fastapi', current_database());
END
$$;

ALTER SCHEMA public OWNER TO triptych_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
