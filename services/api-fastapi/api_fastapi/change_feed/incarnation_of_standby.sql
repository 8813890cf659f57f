-- As its primary has told it, NULL where it does not keep up. Paused it is no standby that does. Promoted it is none
-- either; but until somebody has begun an incarnation there (item_feed_attend), its timeline is all that tells it from
-- what it was.
CASE
    WHEN NOT pg_is_in_recovery() THEN (
        SELECT state.home || ' ' || timeline || substr(state.life, 9)
        FROM left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline
        WHERE left(state.life, 8) < timeline COLLATE "C"
    )
    WHEN NOT pg_is_wal_replay_paused() THEN state.home || ' ' || state.life
END
