-- What holds for every writer, the admin's form and raw SQL alike. ENABLE ALWAYS: also for sessions that replay
-- changes with session_replication_role = replica.

CREATE SEQUENCE item_version;

-- A version is drawn from one sequence for all items, so that it grows with every change of an item and an id that is
-- deleted and made again never repeats one: a version is an ETag, and an ETag must never come back.
CREATE FUNCTION item_stamp() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'the id of an item never changes' USING ERRCODE = 'check_violation';
    END IF;
    NEW.version := nextval('public.item_version');
    NEW.updated_at := statement_timestamp();
    RETURN NEW;
END
$$;

CREATE TRIGGER item_stamp BEFORE INSERT OR UPDATE ON items FOR EACH ROW EXECUTE FUNCTION item_stamp();
ALTER TABLE items ENABLE ALWAYS TRIGGER item_stamp;

-- Items refer to a category by its slug, and so do bookmarks and cursors.
CREATE FUNCTION category_slug_is_forever() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'the slug of a category never changes' USING ERRCODE = 'check_violation';
END
$$;

CREATE TRIGGER category_slug_is_forever BEFORE UPDATE ON categories
FOR EACH ROW WHEN (NEW.slug <> OLD.slug) EXECUTE FUNCTION category_slug_is_forever();
ALTER TABLE categories ENABLE ALWAYS TRIGGER category_slug_is_forever;

-- By this every service learns, with its own role, whether the schema is as new as its code.
CREATE VIEW applied_migrations AS SELECT app, name FROM django_migrations;
