-- What feed.sql says, on a standby; $1 is what was covered some time ago, $2 as there.
--
-- A snapshot on a standby does not name the transactions in progress: with it as the cursor, what they write would be
-- missed. But pg_xact_status knows them, now, which is a little later than this statement's snapshot. So what is handed
-- out (xmax, and what was in progress in the last column but two) is more than this snapshot saw, and no more than what any later
-- one sees: "covered". As a cursor it serves the poll after the next, which therefore sees some changes twice; `seq`
-- tells which.
--
-- Candidates are those that were in progress before, and the younger ones; whatever is below xmin is over. The ids of
-- subtransactions are among them on either side, so a standby and the primary can be compared.
SELECT
    pg_current_snapshot()::text,
    -- Paused it is no standby that keeps up. Promoted it is none either; but until somebody has begun a life there
    -- (item_feed_attend), its timeline is all that tells it from what it was.
    CASE
        WHEN NOT pg_is_in_recovery() THEN (
            SELECT state.home || ' ' || timeline || substr(state.life, 9)
            FROM left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline
            WHERE left(state.life, 8) < timeline COLLATE "C"
        )
        WHEN NOT pg_is_wal_replay_paused() THEN state.home || ' ' || state.life
    END,
    state.trimmed > pg_snapshot_xmin($1::text::pg_snapshot),
    pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax($1::text::pg_snapshot),
    change.tx::text,
    change.item_id,
    change.version,
    change.left_category,
    (
        SELECT string_agg(xid::text, ',' ORDER BY xid)
        FROM (
            SELECT pg_snapshot_xip($1::text::pg_snapshot)::text::bigint
            UNION ALL
            SELECT generate_series(
                greatest(pg_snapshot_xmax($1::text::pg_snapshot), pg_snapshot_xmin(pg_current_snapshot()))::text::bigint,
                pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1
            )
        ) AS candidate (xid)
        WHERE pg_xact_status(xid::text::xid8) = 'in progress'
    ),
    change.seq,
    NOT pg_is_in_recovery()
FROM item_feed_state AS state
LEFT JOIN LATERAL (
    SELECT tx, item_id, version, left_category, seq FROM item_change WHERE tx >= pg_snapshot_xmax($1::text::pg_snapshot)
    UNION ALL
    SELECT tx, item_id, version, left_category, seq FROM item_change
    WHERE tx = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))
    LIMIT $2::bigint
) AS change ON true
