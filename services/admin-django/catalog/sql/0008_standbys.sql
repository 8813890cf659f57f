-- The feed on a standby. Its token of life is in an unlogged table, which a standby does not have: so the state, which
-- is replicated, has it too, between the timeline and the start of the primary (which tells of an older copy of its data).
-- A standby that carries what the primary carries follows that primary as it is now: not another cluster, nor one that was
-- left behind on an older timeline.
ALTER TABLE item_feed_state ADD COLUMN life text;

CREATE OR REPLACE FUNCTION item_feed_attend() RETURNS void
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
    UPDATE item_feed_state SET life = living.life
    FROM (
        -- the first eight digits of a WAL file's name are its timeline
        SELECT concat_ws(
            '/', left(pg_walfile_name(pg_current_wal_lsn()), 8), token, extract(epoch FROM pg_postmaster_start_time())
        )
        FROM item_feed_life
    ) AS living (life)
    WHERE item_feed_state.life IS DISTINCT FROM living.life;

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
