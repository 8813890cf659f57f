-- Writers lock the items first and then what is recorded of them. In any other order one of them, or this, would be the
-- victim of a deadlock.
LOCK TABLE items IN SHARE ROW EXCLUSIVE MODE;

-- Who follows one category has to be told when an item leaves it, and what is recorded so far only says where it is.
ALTER TABLE item_change ADD COLUMN left_category varchar(64) COLLATE "C";

CREATE OR REPLACE FUNCTION item_change_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    CASE TG_OP
        WHEN 'INSERT', 'UPDATE' THEN
            INSERT INTO item_change (item_id, version, op) SELECT id, version, left(TG_OP, 1) FROM changed;
        WHEN 'DELETE' THEN -- a tombstone has a version of its own, greater than any that the item had
            INSERT INTO item_change (item_id, version, op, left_category)
            SELECT id, nextval('item_version'), 'D', category FROM changed;
        WHEN 'TRUNCATE' THEN
            INSERT INTO item_change (op) VALUES ('T');
    END CASE;
    RETURN NULL;
END
$$;

-- One row more for an item that changes its category. A trigger of its own, per row and on a condition: an update that
-- leaves the category as it is costs nothing, and no plan has to join what was with what is.
CREATE FUNCTION item_change_record_move() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    INSERT INTO item_change (item_id, version, op, left_category) VALUES (NEW.id, NEW.version, 'U', OLD.category);
    RETURN NULL;
END
$$;

CREATE TRIGGER item_change_move AFTER UPDATE ON items
FOR EACH ROW WHEN (OLD.category IS NOT NULL AND OLD.category IS DISTINCT FROM NEW.category)
EXECUTE FUNCTION item_change_record_move();

ALTER TABLE items ENABLE ALWAYS TRIGGER item_change_move;

-- What is recorded so far does not tell who has left: everybody reads anew.
INSERT INTO item_change (op) VALUES ('T');
