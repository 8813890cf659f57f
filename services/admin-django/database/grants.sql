-- What each service may do, and nothing else. Run by the owner after every migration, in one transaction, so that no
-- running service sees the moment in between; a table that is not named here is nobody's but the owner's.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, admin_django, simple_flask, api_fastapi;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, admin_django, simple_flask, api_fastapi;
REVOKE ALL ON ALL ROUTINES IN SCHEMA public FROM PUBLIC, admin_django, simple_flask, api_fastapi;

GRANT USAGE ON SCHEMA public TO admin_django, simple_flask, api_fastapi;
GRANT SELECT ON applied_migrations TO admin_django, simple_flask, api_fastapi;

-- Reads: the items, their categories, and the words of a search.
GRANT SELECT ON items, categories TO admin_django, simple_flask, api_fastapi;
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
