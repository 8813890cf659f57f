-- What was committed since the snapshot $1, whoever wrote it, up to $2 changes; always at least one row.
--
-- New is what a transaction wrote that $1 did not see: younger than it (its id is not below xmax), or in progress then
-- (one of xip). Snapshots take turns exactly as commits become visible, so each change comes once and none is missed,
-- though transactions commit in another order than they began; neither a sequence number nor an xmax alone can do
-- that. A transaction that stays open for hours costs nothing: its id is one more in xip.
--
-- One statement is one snapshot: the changes, `trimmed` and the snapshot handed out belong together.
--
-- With standbys $3 is what was covered before (standby.sql says what that is), else NULL, which costs nothing.
SELECT
    pg_current_snapshot()::text,
    -- In which life of the database: a crash or a fail-over changes the token, only a start tells that a copy of an older
    -- state of the data folder was put in its place. One that the standbys have not been told of yet is none.
    CASE
        WHEN state.life LIKE '%/' || life.token || '/' || extract(epoch FROM pg_postmaster_start_time())
        THEN state.home || ' ' || state.life
    END,
    -- changes were removed that $1 had not seen
    state.trimmed > pg_snapshot_xmin($1::text::pg_snapshot),
    -- transaction ids went back: a crash, a fail-over, another database
    pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax($1::text::pg_snapshot),
    change.tx::text,
    change.item_id,
    change.version,
    change.left_category,
    (
        SELECT string_agg(xid::text, ',' ORDER BY xid)
        FROM (
            SELECT pg_snapshot_xip($3::text::pg_snapshot)::text::bigint
            UNION ALL
            SELECT generate_series(
                greatest(pg_snapshot_xmax($3::text::pg_snapshot), pg_snapshot_xmin(pg_current_snapshot()))::text::bigint,
                pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1
            ) WHERE $3 IS NOT NULL
        ) AS candidate (xid)
        WHERE pg_xact_status(xid::text::xid8) = 'in progress'
    )
FROM item_feed_state AS state
LEFT JOIN item_feed_life AS life ON true
LEFT JOIN LATERAL (
    SELECT tx, item_id, version, left_category FROM item_change WHERE tx >= pg_snapshot_xmax($1::text::pg_snapshot)
    UNION ALL
    SELECT tx, item_id, version, left_category FROM item_change
    WHERE tx = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))
    LIMIT $2::bigint
) AS change ON true
