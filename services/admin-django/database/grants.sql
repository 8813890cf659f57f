-- What each service may do, and nothing else. Run by the owner after every migration, in one transaction, so that no
-- running service sees the moment in between; a table that is not named here is nobody's but the owner's.

-- The owner may define; the services may connect; whoever else comes along may not even do that. Nobody makes temporary
-- tables: one of the name of ours would stand before it in the eyes of a function.
ALTER SCHEMA public OWNER TO CURRENT_USER;
DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC, admin_django, simple_flask, api_fastapi', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO admin_django, simple_flask, api_fastapi', current_database());
    -- Who watches the server (CloudNativePG's exporter does it here) sees its statistics, and no table.
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO pg_monitor', current_database());
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC, admin_django, simple_flask, api_fastapi;

-- Tables are born closed, functions are not: without this, everybody could execute a new one from the end of its
-- migration until the lines below have been run, and with SECURITY DEFINER that is more than a moment's nuisance.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON ROUTINES FROM PUBLIC;

-- One by one, because somebody else's (an extension's, such as pg_stat_statements') are not the owner's to close.
DO $$
DECLARE
    object text;
BEGIN
    FOR object IN
        SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || oid::regclass FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
            AND pg_get_userbyid(relowner) = current_user
        UNION ALL
        SELECT 'ROUTINE ' || oid::regprocedure FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND pg_get_userbyid(proowner) = current_user
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, admin_django, simple_flask, api_fastapi', object);
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA public TO admin_django, simple_flask, api_fastapi;
GRANT SELECT ON applied_migrations TO admin_django, simple_flask, api_fastapi;

-- Reads: the items, their categories, and the words of a search.
GRANT SELECT ON items, categories TO admin_django, simple_flask, api_fastapi;
GRANT EXECUTE ON FUNCTION item_terms, item_terms_query TO admin_django, simple_flask, api_fastapi;
-- As the release before knows them; they go together with the column `search`.
GRANT EXECUTE ON FUNCTION item_word_list, item_search_query TO admin_django, simple_flask, api_fastapi;

-- admin-django alone writes items and categories; the generated column computes its words as whoever writes.
GRANT INSERT, UPDATE, DELETE, MAINTAIN ON items, categories TO admin_django;
GRANT USAGE ON SEQUENCE items_id_seq, item_version TO admin_django;
GRANT EXECUTE ON FUNCTION item_words TO admin_django;

-- The history is written by triggers alone: a writer causes it and cannot change it.
GRANT SELECT ON item_history TO admin_django;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO admin_django;

-- The change feed: what to read, and the one function to call.
GRANT SELECT ON item_change, item_feed_state, item_feed_life TO api_fastapi;
GRANT EXECUTE ON FUNCTION item_feed_attend TO api_fastapi;

-- Signing keys and logins are admin-django's alone; others know the public keys by the JWKS.
GRANT SELECT, INSERT, UPDATE, DELETE ON signing_keys, refresh_tokens TO admin_django;

-- Django's own tables: users and sessions are changed, the lists that migrations fill are read.
GRANT SELECT, INSERT, UPDATE, DELETE ON
    auth_group, auth_group_permissions, auth_user, auth_user_groups, auth_user_user_permissions,
    django_admin_log, django_session
TO admin_django;
GRANT SELECT ON auth_permission, django_content_type, django_migrations TO admin_django;
GRANT USAGE ON SEQUENCE
    auth_group_id_seq, auth_group_permissions_id_seq, auth_user_id_seq, auth_user_groups_id_seq,
    auth_user_user_permissions_id_seq, django_admin_log_id_seq
TO admin_django;

-- Who comes into the back office: wrong passwords are counted, second factors kept.
GRANT SELECT, INSERT, UPDATE, DELETE ON
    axes_accessattempt, axes_accessattemptexpiration, axes_accessfailurelog, axes_accesslog,
    otp_static_staticdevice, otp_static_statictoken, otp_totp_totpdevice
TO admin_django;
GRANT USAGE ON SEQUENCE
    axes_accessattempt_id_seq, axes_accessfailurelog_id_seq, axes_accesslog_id_seq,
    otp_static_staticdevice_id_seq, otp_static_statictoken_id_seq, otp_totp_totpdevice_id_seq
TO admin_django;
