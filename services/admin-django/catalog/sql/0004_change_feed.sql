-- The change feed: what every writer changed, in a form that a reader can follow without missing a change or seeing one
-- twice, though transactions commit in another order than they began. docs/decisions/ says what breaks without each part.
--
-- A change carries the id of its transaction. A reader's cursor is the snapshot of its previous poll: new to it is what
-- a transaction wrote that this snapshot did not see, be it younger than the snapshot or in progress in it. Inside a
-- savepoint pg_current_xact_id() is the id of the whole transaction, and a savepoint that is rolled back takes its changes
-- along.
CREATE TABLE item_change (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    item_id bigint,
    version bigint,
    op "char" NOT NULL CHECK (op IN ('I', 'U', 'D', 'T')),
    CHECK ((op = 'T') = (item_id IS NULL) AND (op = 'T') = (version IS NULL))
);
CREATE INDEX item_change_by_tx ON item_change (tx);
-- Only ever appended to and trimmed from its old end: vacuum by insertions, not by a share of the table.
ALTER TABLE item_change SET (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000);

-- Which database this is: dropped and made again, or restored elsewhere from a dump, it is another one, in which old
-- transaction ids mean nothing. (A token alone would not do: a dump carries the content of unlogged tables too.)
CREATE FUNCTION item_feed_home() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public
RETURN (SELECT system_identifier FROM pg_control_system())
    || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())
    || '/' || 'item_change'::regclass::oid;

-- Up to where the feed has been trimmed; a reader whose cursor is older must forget everything. `mark` is what will be
-- trimmed next: all that was over when it was set.
CREATE TABLE item_feed_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    home text NOT NULL DEFAULT item_feed_home(),
    trimmed xid8 NOT NULL DEFAULT '0',
    mark xid8 NOT NULL DEFAULT pg_snapshot_xmin(pg_current_snapshot()),
    marked_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO item_feed_state DEFAULT VALUES;

-- A token that does not survive a crash, because recovery empties unlogged tables, and is not on a standby that is
-- promoted: both can take transaction ids back, and a cursor from before must not be believed after.
CREATE UNLOGGED TABLE item_feed_life (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    token uuid NOT NULL DEFAULT gen_random_uuid()
);

-- The feed's one function: a reader calls it when it connects, and every minute or so from then on. It makes a token
-- where there is none, and trims what every reader that is not hopelessly late has seen: changes of five minutes ago.
CREATE FUNCTION item_feed_attend() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    -- Restored from a dump: nothing that was recorded elsewhere can be told from what is recorded here.
    IF EXISTS (SELECT FROM item_feed_state WHERE home <> item_feed_home()) THEN
        LOCK TABLE item_feed_state IN SHARE ROW EXCLUSIVE MODE; -- of two readers that connect now, one does it
        IF EXISTS (SELECT FROM item_feed_state WHERE home <> item_feed_home()) THEN
            DELETE FROM item_change;
            DELETE FROM item_feed_life;
            DELETE FROM item_feed_state;
            INSERT INTO item_feed_state DEFAULT VALUES;
        END IF;
    END IF;
    INSERT INTO item_feed_life DEFAULT VALUES ON CONFLICT DO NOTHING;

    UPDATE item_feed_state
    SET trimmed = mark, mark = pg_snapshot_xmin(pg_current_snapshot()), marked_at = now()
    WHERE marked_at < now() - interval '5 minutes';
    -- bounded, so that it also ends in time where nobody has read the feed for days
    DELETE FROM item_change WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM item_change WHERE tx < (SELECT trimmed FROM item_feed_state)
        ORDER BY tx LIMIT 50000 FOR UPDATE SKIP LOCKED
    ));
END
$$;

-- One row for each item and statement. TRUNCATE names no items: one row for all of them.
CREATE FUNCTION item_change_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    CASE TG_OP
        WHEN 'INSERT', 'UPDATE' THEN
            INSERT INTO item_change (item_id, version, op) SELECT id, version, left(TG_OP, 1) FROM changed;
        WHEN 'DELETE' THEN -- a tombstone has a version of its own, greater than any that the item had
            INSERT INTO item_change (item_id, version, op) SELECT id, nextval('item_version'), 'D' FROM changed;
        WHEN 'TRUNCATE' THEN
            INSERT INTO item_change (op) VALUES ('T');
    END CASE;
    RETURN NULL;
END
$$;

CREATE TRIGGER item_change_insert AFTER INSERT ON items
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION item_change_record();
CREATE TRIGGER item_change_update AFTER UPDATE ON items
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION item_change_record();
CREATE TRIGGER item_change_delete AFTER DELETE ON items
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION item_change_record();
CREATE TRIGGER item_change_truncate AFTER TRUNCATE ON items
FOR EACH STATEMENT EXECUTE FUNCTION item_change_record();

ALTER TABLE items
    ENABLE ALWAYS TRIGGER item_change_insert,
    ENABLE ALWAYS TRIGGER item_change_update,
    ENABLE ALWAYS TRIGGER item_change_delete,
    ENABLE ALWAYS TRIGGER item_change_truncate;
