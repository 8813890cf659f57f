-- What was committed after the snapshot $1 and is seen by the snapshot $2, by item: the greatest version, and the
-- categories that it has left. Always at least one row; up to $4 items from up to $3 changes.
--
-- Together with feed.sql, which goes on after $2, each change comes once. On a standby $2 is less than what was delivered
-- there (feed.sql), so all that is seen now counts, and some of it comes again. `changes` tells how many there were,
-- NULL where there were none; an item without id stands for all of them (TRUNCATE).
SELECT
    -- As the poller has it. Whether it is the present one does not matter here: the feed tells, and then all is read
    -- again.
    state.home || ' ' || state.life,
    state.trimmed > pg_snapshot_xmin($1::text::pg_snapshot)
        OR pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax($1::text::pg_snapshot),
    missed.changes,
    missed.item_id,
    missed.version,
    missed.left_categories
FROM item_feed_state AS state
LEFT JOIN LATERAL (
    SELECT
        item_id,
        max(version) AS version,
        string_agg(DISTINCT left_category, ',') AS left_categories,
        sum(count(*)) OVER () AS changes
    FROM (
        SELECT item_id, version, left_category FROM (
            SELECT tx, item_id, version, left_category FROM item_change
            WHERE tx >= pg_snapshot_xmax($1::text::pg_snapshot)
            UNION ALL
            SELECT tx, item_id, version, left_category FROM item_change
            WHERE tx = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))
        ) AS later
        WHERE pg_is_in_recovery() OR pg_visible_in_snapshot(tx, $2::text::pg_snapshot)
        LIMIT $3::bigint
    ) AS bounded
    GROUP BY item_id
    LIMIT $4::bigint
) AS missed ON true
