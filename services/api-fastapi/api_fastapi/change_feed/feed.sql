-- What was committed since the snapshot $1, whoever wrote it, up to $2 changes; always at least one row.
--
-- New is what a transaction wrote that $1 did not see: younger than it (its id is not below xmax), or in progress then
-- (one of xip). Snapshots take turns exactly as commits become visible, so each change comes once and none is missed,
-- though transactions commit in another order than they began; neither a sequence number nor an xmax alone can do
-- that. A transaction that stays open for hours costs nothing: its id is one more in xip.
--
-- One statement is one snapshot: the changes, `trimmed` and the snapshot handed out belong together.
--
-- On a standby a snapshot does not name the transactions in progress: with it as the cursor, what they write would be
-- missed. But pg_xact_status knows them, now, which is a little later than this statement's snapshot. So the visible
-- upper bound (xmax, and what was in progress in its column) is more than this snapshot saw, and no more than what any
-- later one sees. As a cursor it serves the poll after the next, which therefore sees some changes twice; `seq` tells
-- which. Candidates are those that were in progress in the bound before, $3, and the younger ones; whatever is below
-- xmin is over. The ids of subtransactions are among them on either side, so a standby and the primary can be compared.
-- Where no standby is to be compared $3 is NULL, which costs nothing.
SELECT
    pg_current_snapshot()::text,
    :incarnation,
    -- changes were removed that $1 had not seen
    state.trimmed > pg_snapshot_xmin($1::text::pg_snapshot),
    -- transaction ids went back: a crash, a fail-over, another database
    pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax($1::text::pg_snapshot),
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
    ),
    NOT pg_is_in_recovery(),
    change.tx::text,
    change.item_id,
    change.version,
    change.left_category,
    change.seq
FROM item_feed_state AS state
LEFT JOIN LATERAL (
    SELECT tx, item_id, version, left_category, seq FROM item_change WHERE tx >= pg_snapshot_xmax($1::text::pg_snapshot)
    UNION ALL
    SELECT tx, item_id, version, left_category, seq FROM item_change
    WHERE tx = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))
    LIMIT $2::bigint
) AS change ON true
