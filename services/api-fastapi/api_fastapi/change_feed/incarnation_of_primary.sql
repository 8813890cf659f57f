-- In which incarnation of the database this is: a crash or a fail-over changes the token, only a start tells that a copy
-- of an older state of the data folder was put in its place. NULL is one that the standbys have not been told of yet.
(
    SELECT state.home || ' ' || state.life
    FROM item_feed_life AS life
    WHERE state.life LIKE '%/' || life.token || '/' || extract(epoch FROM pg_postmaster_start_time())
)
