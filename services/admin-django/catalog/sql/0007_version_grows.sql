-- An id that is deleted and made again goes on with a greater version: nobody may be shown a version after a greater one.
--
-- An INSERT draws its version before it finds that another transaction is about to delete the same id, waits for that
-- one, and may by then have a version below what the item had meanwhile. Its history tells, and it is stamped again. (An
-- UPDATE draws its version when it has the row to itself.)
CREATE FUNCTION item_version_grows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
DECLARE
    -- for each row by itself: joined, a thousand rows could meet all of the history
    late bigint[] := ARRAY(
        SELECT id FROM new_items
        WHERE version < (SELECT max(past.version) FROM item_history AS past WHERE past.item_id = new_items.id)
    );
BEGIN
    IF late <> '{}' THEN
        UPDATE items SET version = DEFAULT WHERE id = ANY (late);
    END IF;
    RETURN NULL;
END
$$;

-- After item_history_insert, by the order of their names; what it draws is the newest version of all.
CREATE TRIGGER item_version_grows AFTER INSERT ON items
REFERENCING NEW TABLE AS new_items FOR EACH STATEMENT EXECUTE FUNCTION item_version_grows();
ALTER TABLE items ENABLE ALWAYS TRIGGER item_version_grows;
