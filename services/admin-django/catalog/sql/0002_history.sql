-- Who changed what, for every writer: the admin's form, the API, a bulk import, psql. Statement-level triggers with
-- transition tables, so that a statement that changes a thousand items writes its history with one more statement.
--
-- The functions are SECURITY DEFINER: a writer causes history but cannot write, change or delete it. Who acts is told by
-- the writer in its transaction (triptych.actor); whoever says nothing is recorded under the name of its database role.

CREATE FUNCTION item_history_actor() RETURNS text
LANGUAGE sql STABLE
RETURN coalesce(nullif(current_setting('triptych.actor', true), ''), session_user);

CREATE FUNCTION item_history_action() RETURNS uuid
LANGUAGE sql STABLE
RETURN nullif(current_setting('triptych.action', true), '')::uuid;

CREATE FUNCTION item_history_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    INSERT INTO item_history (item_id, version, op, actor, action)
    SELECT id, version, 'I', item_history_actor(), item_history_action() FROM new_items;
    RETURN NULL;
END
$$;

-- Only what differs is kept. Rows meet by id, which never changes.
CREATE FUNCTION item_history_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    INSERT INTO item_history (item_id, version, op, actor, action, before, after)
    SELECT n.id, n.version, 'U', item_history_actor(), item_history_action(), changed.before, changed.after
    FROM old_items o
    JOIN new_items n USING (id)
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(field, was) AS before, jsonb_object_agg(field, is_now) AS after
        FROM (VALUES
            ('name', to_jsonb(o.name), to_jsonb(n.name)),
            ('description', to_jsonb(o.description), to_jsonb(n.description)),
            ('price', to_jsonb(o.price::text), to_jsonb(n.price::text)),
            ('sku', to_jsonb(o.sku), to_jsonb(n.sku)),
            ('category', to_jsonb(o.category), to_jsonb(n.category))
        ) AS fields (field, was, is_now)
        WHERE was IS DISTINCT FROM is_now
    ) AS changed;
    RETURN NULL;
END
$$;

CREATE FUNCTION item_history_delete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    INSERT INTO item_history (item_id, version, op, actor, action, before)
    SELECT
        id, version, 'D', item_history_actor(), item_history_action(),
        jsonb_build_object(
            'name', name, 'description', description, 'price', price::text, 'sku', sku, 'category', category
        )
    FROM old_items;
    RETURN NULL;
END
$$;

CREATE TRIGGER item_history_insert AFTER INSERT ON items
REFERENCING NEW TABLE AS new_items FOR EACH STATEMENT EXECUTE FUNCTION item_history_insert();
CREATE TRIGGER item_history_update AFTER UPDATE ON items
REFERENCING OLD TABLE AS old_items NEW TABLE AS new_items FOR EACH STATEMENT EXECUTE FUNCTION item_history_update();
CREATE TRIGGER item_history_delete AFTER DELETE ON items
REFERENCING OLD TABLE AS old_items FOR EACH STATEMENT EXECUTE FUNCTION item_history_delete();

ALTER TABLE items
    ENABLE ALWAYS TRIGGER item_history_insert,
    ENABLE ALWAYS TRIGGER item_history_update,
    ENABLE ALWAYS TRIGGER item_history_delete;
